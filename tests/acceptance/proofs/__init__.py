"""What a deploy promises, tried against kills, races, faults and hostile hands."""
