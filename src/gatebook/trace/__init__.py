"""Search by address, account, session, key or payment; who held what at a moment; who shares with whom."""
