"""Random mutations of the source, each judged by the tests that execute the changed line."""
