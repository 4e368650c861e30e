// SPDX-License-Identifier: Apache-2.0
// How often, and how much at once: what is learned from refusals, and what may be asked again.
#include <gtest/gtest.h>

#include "chain/rpc/error_map.hpp"
#include "chain/rpc/learned_size.hpp"
#include "chain/rpc/retry_budget.hpp"

namespace outrigger {
namespace {

TEST(LearnedSize, FallsAtOnceAndRisesSlowly) {
    LearnedSize size(500, 3);
    EXPECT_EQ(size.now(), 500U);
    size.lower(250);
    size.lower(300);
    EXPECT_EQ(size.now(), 250U) << "a larger size proves nothing";
    size.fitted();
    size.fitted();
    EXPECT_EQ(size.now(), 250U);
    size.fitted();
    EXPECT_EQ(size.now(), 500U);
    size.lower(0);
    EXPECT_EQ(size.now(), 1U);
    for (int i = 0; i < 100; ++i) size.fitted();
    EXPECT_EQ(size.now(), 500U);
}

TEST(RetryBudget, IsSharedAndLeavesSomethingForAnotherEndpoint) {
    RetryBudget budget(8);
    for (int i = 0; i < 6; ++i) EXPECT_TRUE(budget.take()) << i;
    EXPECT_FALSE(budget.take()) << "a quarter is left for the others";
    EXPECT_TRUE(budget.take_for_another());
    EXPECT_TRUE(budget.take_for_another());
    EXPECT_FALSE(budget.take_for_another());
    for (int i = 0; i < 10; ++i) budget.answered();
    EXPECT_EQ(budget.left(), 1U) << "one in ten answers";
    budget.refill();
    EXPECT_EQ(budget.left(), 8U);
    budget.answered();
    EXPECT_EQ(budget.left(), 8U);
}

TEST(ErrorMap, KnowsWhatNodesSayOfBatches) {
    const auto kind = [](const char* text) { return classify_batch({-32000, text, {}}); };
    for (const char* text : {"batch too large", "The batch request was too large",
                             "Batch size limit exceeded", "Batch of more than 3 requests are not allowed",
                             "batch limit 100 exceeded: 120", "response too large",
                             "The batch response was too large", "Response is too big", "Request is too big"})
        EXPECT_EQ(kind(text), BatchFault::too_many) << text;
    for (const char* text :
         {"batch requests are not supported", "Batched requests are not supported by this server"})
        EXPECT_EQ(kind(text), BatchFault::refused) << text;
    for (const char* text : {"header not found", "rate limit exceeded", ""})
        EXPECT_EQ(kind(text), BatchFault::none) << text;
}

TEST(ErrorMap, ReadsASizeOnlyWhereItHelps) {
    const auto named = [](const char* text) { return named_batch_size({0, text, {}}, 50); };
    EXPECT_EQ(named("maximum batch size is 20"), 20U);
    EXPECT_EQ(named("batch limit 20 exceeded: 50"), 20U);
    EXPECT_EQ(named("batch too large"), std::nullopt);
    EXPECT_EQ(named("at most 0"), std::nullopt);
    EXPECT_EQ(named("at most 99999999999999999999999999"), std::nullopt);
}

}  // namespace
}  // namespace outrigger
