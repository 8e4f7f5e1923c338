"""Access events in columns: ClickHouse in process, or a server, through one client and the same SQL."""
