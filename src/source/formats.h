/* Every format, a row each. CY_FORMAT(name) is src/source/name.c. */
