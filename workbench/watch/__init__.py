"""The Watch page: the last results of `nnet watch`, live."""
