"""How fast, how small, how soon up: every service against its ceilings, the tutorial's version and other servers."""
