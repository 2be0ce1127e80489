/* Datasets for tests, made of rows that a test states. */
#ifndef CY_TESTS_DATASET_ROWS_H
#define CY_TESTS_DATASET_ROWS_H

#include "dataset/dataset.h"

/* Two input files of two parties, two steps with signals ("quality": words, share; "again": score) and one without ("dedup"), and the
 * vocabularies "o200k_base" and "qwen". Static. */
extern const struct cy_schema cy_test_schema;

enum { CY_TEST_SIGNALS = 3, CY_TEST_VOCABULARIES = 2 };

/* An empty batch with those columns; freed by cy_test_batch_free. */
struct cy_batch *cy_test_dataset_batch(void);
void cy_test_batch_free(struct cy_batch *batch);

#endif
