"""The part of the Ablations page that starts a study and watches its runs."""
