"""From six anomaly maps to a score, a decision and the reasons for it."""
