"""The contract between Hermes and the programs that run what it deployed: names, layout, manifests, jobs.

The operator's distribution carries this folder as `hermes_airflow._hermes` (a link in this tree, a copy in
its wheel), so it imports nothing but itself, the standard library and packaging.
"""
