"""Values and rules: names, layout, manifest, the job of a run."""
