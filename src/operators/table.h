/* Every operator, a row each, in the order in which a recipe would use them. CY_OPERATOR(name) is src/operators/name.c. */
CY_OPERATOR(extract_html)
CY_OPERATOR(normalize)
CY_OPERATOR(language)
CY_OPERATOR(pii)
CY_OPERATOR(replace)
CY_OPERATOR(where)
CY_OPERATOR(dedup_exact)
CY_OPERATOR(dedup_minhash)
