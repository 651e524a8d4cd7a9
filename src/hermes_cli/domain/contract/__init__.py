"""The contract between Hermes and whoever runs what it deployed: names, layout, manifests, run specification.

The operator's distribution carries this folder as `hermes_airflow._hermes` (a link in this tree, a copy in
its wheel), so it imports nothing but itself, the standard library and packaging.
"""
