"""Pure values and rules: no printing, no network, no subprocess."""
