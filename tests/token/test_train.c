#include "cy_test.h"

#include "token/split_scan.h"
#include "token/splitter.h"
#include "token/train.h"

CY_TEST("every pattern that a vocabulary can be learned by has a scanner of its own")
{
    for (const struct cy_train_pattern *pattern = cy_train_patterns; pattern->name != NULL; pattern++) {
        if (cy_scan_find(cy_str(pattern->pattern)) == NULL)
            fail_msg("the pattern of %s would go to PCRE2", pattern->name);
        assert_ptr_equal(cy_train_pattern_find(pattern->name), pattern);
    }
    assert_null(cy_train_pattern_find("gpt-5000"));
}
