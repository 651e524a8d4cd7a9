"""Start the command line: find the command, parse its options, turn errors into exit codes."""
