DELETE FROM xet_xorbs WHERE used_ms < $1
