"""How fast Hermes is beside the tools that its users would pick instead: `python -m benchmarks`."""
