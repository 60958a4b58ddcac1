"""Where rows come from: a mirror of files, the local cache, the hub; with content hashes."""
