// SPDX-License-Identifier: Apache-2.0
// Heads followed by polling: growth, gaps, reorgs of every depth, and heads that must be refused.
#include "chain/rpc/head_tracker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <stdlib.h>

#include "tests/support/fake_node.hpp"

namespace outrigger {
namespace {

using test::FakeNode;

[[maybe_unused]] const int kSeeded = setenv("RC_PARAMS", "seed=100 max_success=200", 0);

/// The fake node's chain without HTTP between.
struct Source final : HeadSource {
    FakeNode& fake;
    std::size_t requests = 0;
    explicit Source(FakeNode& f) : fake(f) {}
    Result<Head> latest(TimePoint) override { return fake.head(); }
    Result<std::vector<Head>> headers(BlockNumber first, std::size_t count) override {
        ++requests;
        std::vector<Head> out;
        for (std::size_t i = 0; i < count; ++i) {
            const auto at = fake.blocks().find(first.value + i);
            if (at == fake.blocks().end()) return fail(Errc::not_found, "no such block");
            out.push_back(at->second);
        }
        return out;
    }
};

struct TrackerTest : ::testing::Test {
    FakeNode fake;
    Source source{fake};
    HeadTracker tracker;

    Result<HeadUpdate> poll() { return tracker.poll(source, fake.head().block.timestamp); }
};

TEST_F(TrackerTest, TakesTheFirstHeadAndFollowsGrowth) {
    EXPECT_FALSE(tracker.last());
    const auto first = poll();
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->is_new);
    EXPECT_EQ(tracker.last(), fake.head());
    EXPECT_FALSE(poll()->is_new) << "the same head again";
    fake.mine();
    const auto next = poll();
    ASSERT_TRUE(next);
    EXPECT_TRUE(next->is_new);
    EXPECT_FALSE(next->reorged());
    EXPECT_EQ(next->head, fake.head());
    EXPECT_EQ(source.requests, 1U) << "for what is below the first; the usual case costs the head alone";
}

TEST_F(TrackerTest, AHeadOrAGapThatBreaksTheChainsRulesIsRefused) {
    HeadTracker strict({128, {}, {true, 12}});
    const auto look = [&] { return strict.poll(source, fake.head().block.timestamp); };
    fake.follows_eip1559 = true;
    ASSERT_TRUE(look());
    fake.mine(3);
    ASSERT_TRUE(look()) << "a gap by the rules";
    fake.follows_eip1559 = false;
    const Head before = fake.head();
    fake.mine();
    EXPECT_EQ(look().error().code, Errc::decode);
    fake.follows_eip1559 = true;
    fake.mine(3);
    EXPECT_EQ(look().error().code, Errc::decode) << "the same block within a gap";
    EXPECT_EQ(strict.last(), before) << "and nothing has changed";
}

TEST_F(TrackerTest, FillsAGapInOneRequest) {
    ASSERT_TRUE(poll());
    fake.mine(10);
    const auto update = poll();
    ASSERT_TRUE(update) << update.error().what;
    EXPECT_FALSE(update->reorged());
    EXPECT_EQ(source.requests, 2U);
    for (std::uint64_t n = 100; n <= 110; ++n) EXPECT_EQ(tracker.at(BlockNumber{n}), fake.blocks().at(n));
}

TEST_F(TrackerTest, ReportsAReorgWithItsAncestorAndWhatWasDropped) {
    fake.mine(20);
    ASSERT_TRUE(poll());
    fake.mine();
    ASSERT_TRUE(poll());
    fake.mine();
    ASSERT_TRUE(poll());
    const auto before = fake.blocks();
    fake.reorg(2, 2);  // same height, other blocks
    const auto update = poll();
    ASSERT_TRUE(update) << update.error().what;
    ASSERT_TRUE(update->reorged());
    EXPECT_EQ(*update->ancestor, before.at(120).block);
    ASSERT_EQ(update->dropped.size(), 2U);
    EXPECT_EQ(update->dropped[0], before.at(121).block);
    EXPECT_EQ(update->dropped[1], before.at(122).block);
    EXPECT_EQ(tracker.last(), fake.head());
}

TEST_F(TrackerTest, AcceptsALowerHeadOnlyOnAnotherBranch) {
    ASSERT_TRUE(poll());
    fake.mine(5);
    ASSERT_TRUE(poll());
    const Head top = fake.head();
    FakeNode lagging;  // the same chain, three blocks behind
    lagging.mine(2);
    Source old(lagging);
    const auto refused = tracker.poll(old, top.block.timestamp);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::stale);
    EXPECT_EQ(tracker.last(), top) << "nothing has changed";
    fake.reorg(3, 1);  // shorter, but a branch
    const auto update = poll();
    ASSERT_TRUE(update) << update.error().what;
    EXPECT_TRUE(update->reorged());
    EXPECT_EQ(update->dropped.size(), 3U);
    EXPECT_EQ(tracker.last(), fake.head());
    EXPECT_FALSE(tracker.at(top.block.number));
}

TEST_F(TrackerTest, TheVeryFirstHeadMayBeReplacedAtOnce) {
    fake.mine(50);
    ASSERT_TRUE(poll());
    const auto before = fake.blocks();
    fake.reorg(20, 21);
    const auto update = poll();
    ASSERT_TRUE(update) << update.error().what;
    EXPECT_EQ(update->dropped.size(), 20U);
    EXPECT_EQ(update->ancestor, before.at(130).block);
}

// Exactly the configured depth is followed, and one block more is not.
TEST_F(TrackerTest, AReorgOfTheConfiguredDepthIsFollowed) {
    for (const std::size_t depth : {1U, 2U, 8U, 32U, 33U, 100U, 500U}) {
        HeadTrackerOptions options;
        options.depth = depth;
        HeadTracker kept(options);
        FakeNode node;
        Source its(node);
        const auto poll_it = [&] { return kept.poll(its, node.head().block.timestamp); };
        for (std::size_t i = 0; i < depth + 10; ++i) {
            node.mine();
            ASSERT_TRUE(poll_it());
        }
        node.reorg(depth, depth + 1);
        const auto update = poll_it();
        ASSERT_TRUE(update) << depth << ": " << update.error().what;
        EXPECT_EQ(update->dropped.size(), depth);
        for (std::size_t i = 0; i < depth; ++i) {
            node.mine();
            ASSERT_TRUE(poll_it());
        }
        node.reorg(depth + 1, depth + 2);
        EXPECT_EQ(poll_it().error().code, Errc::reorged) << depth;
    }
}

TEST_F(TrackerTest, AReorgDeeperThanWhatIsKeptIsAnErrorUntilReset) {
    HeadTrackerOptions options;
    options.depth = 8;
    HeadTracker shallow(options);
    fake.mine(30);
    const auto poll_it = [&] { return shallow.poll(source, fake.head().block.timestamp); };
    for (int i = 0; i < 10; ++i) {
        fake.mine();
        ASSERT_TRUE(poll_it());
    }
    fake.reorg(9, 9);
    EXPECT_EQ(poll_it().error().code, Errc::reorged);
    fake.mine();
    const auto again = poll_it();
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::reorged) << "it latches";
    for (const char* said :
         {"block 141", "block 132", "more than 8 blocks", "outrigger check", "chain.reorg_depth"})
        EXPECT_THAT(again.error().what, ::testing::HasSubstr(said));
    shallow.reset();
    EXPECT_TRUE(poll_it());
}

TEST_F(TrackerTest, ALongSilenceIsBridgedWithoutReadingEveryBlock) {
    ASSERT_TRUE(poll());
    fake.mine(1000);
    const auto update = poll();
    ASSERT_TRUE(update) << update.error().what;
    EXPECT_FALSE(update->reorged());
    EXPECT_EQ(source.requests, 3U) << "below the first head, where it was left, and below the new one";
    fake.reorg(10, 11);
    EXPECT_EQ(poll()->dropped.size(), 10U) << "also of what was not read then";
}

TEST_F(TrackerTest, AReorgDuringALongSilenceIsNotMissed) {
    fake.mine(50);
    ASSERT_TRUE(poll());
    const auto before = fake.blocks();
    const auto asked = source.requests;
    fake.reorg(5, 100'000);
    const auto update = poll();
    ASSERT_TRUE(update) << update.error().what;
    EXPECT_EQ(update->ancestor, before.at(145).block);
    EXPECT_EQ(update->dropped.size(), 5U);
    EXPECT_EQ(source.requests - asked, 3U) << "not the hundred thousand in between";
    fake.reorg(100, 100'000);
    EXPECT_EQ(poll().error().code, Errc::reorged) << "32 below the head are known";
}

TEST_F(TrackerTest, RefusesHeadsThatAreTooOldOrFromTheFuture) {
    HeadTrackerOptions options;
    options.age.behind_max = std::chrono::seconds{60};
    HeadTracker strict(options);
    const TimePoint time = fake.head().block.timestamp;
    EXPECT_TRUE(strict.poll(source, time + std::chrono::seconds{60}));
    EXPECT_EQ(strict.poll(source, time + std::chrono::seconds{61}).error().code, Errc::stale);
    EXPECT_TRUE(strict.poll(source, time - std::chrono::seconds{15}));
    EXPECT_EQ(strict.poll(source, time - std::chrono::seconds{16}).error().code, Errc::stale);
    options.age = {std::nullopt, std::nullopt};
    HeadTracker lax(options);
    EXPECT_TRUE(lax.poll(source, time + std::chrono::hours{24}));
    EXPECT_TRUE(lax.poll(source, time - std::chrono::hours{24}));
}

TEST_F(TrackerTest, HeadersThatDoNotLinkAreRefused) {
    ASSERT_TRUE(poll());
    fake.mine(10);
    struct Lying final : HeadSource {
        FakeNode& fake;
        FakeNode other;
        explicit Lying(FakeNode& f) : fake(f) { other.mine(20, 9); }
        Result<Head> latest(TimePoint) override { return fake.head(); }
        Result<std::vector<Head>> headers(BlockNumber first, std::size_t count) override {
            return Source(other).headers(first, count);
        }
    } lying(fake);
    const Head before = *tracker.last();
    EXPECT_EQ(tracker.poll(lying, fake.head().block.timestamp).error().code, Errc::decode);
    EXPECT_EQ(tracker.last(), before);
}

TEST_F(TrackerTest, ASourcesErrorPassesThroughAndChangesNothing) {
    ASSERT_TRUE(poll());
    struct Dead final : HeadSource {
        Result<Head> latest(TimePoint) override { return fail(Errc::timeout, "no"); }
        Result<std::vector<Head>> headers(BlockNumber, std::size_t) override {
            return fail(Errc::timeout, "no");
        }
    } dead;
    EXPECT_EQ(tracker.poll(dead, {}).error().code, Errc::timeout);
    EXPECT_EQ(tracker.last(), fake.head());
}

// Whatever the chain does between polls, the tracker's view is the chain's, and what it dropped plus what it
// kept is exactly what it had.
RC_GTEST_PROP(TrackerProperty, ItsViewIsTheChains, ()) {
    FakeNode fake;
    Source source(fake);
    HeadTracker tracker;
    fake.mine(40);
    RC_ASSERT(tracker.poll(source, fake.head().block.timestamp).has_value());
    for (int step = 0; step < 12; ++step) {
        const auto before = fake.blocks();
        const auto depth = *rc::gen::inRange<std::size_t>(0, 20);
        const auto growth = *rc::gen::inRange<std::size_t>(1, 45);
        std::map<std::uint64_t, BlockRef> had;
        for (const auto& [number, head] : before) {
            if (const auto kept = tracker.at(BlockNumber{number})) had[number] = kept->block;
        }
        if (depth == 0) {
            fake.mine(growth);
        } else {
            fake.reorg(std::min(depth, fake.blocks().size() - 1), growth);
        }
        const auto update = tracker.poll(source, fake.head().block.timestamp);
        const std::uint64_t lowest_kept = had.begin()->first;
        std::vector<BlockRef> lost;
        for (const auto& [number, block] : had) {
            const auto at = fake.blocks().find(number);
            if (at == fake.blocks().end() || at->second.block.hash != block.hash) lost.push_back(block);
        }
        if (!lost.empty() && lost.front().number.value == lowest_kept) {
            RC_ASSERT(!update.has_value());
            RC_ASSERT(update.error().code == Errc::reorged);
            return;
        }
        RC_ASSERT(update.has_value());
        RC_ASSERT(update->dropped == lost);
        RC_ASSERT(update->reorged() == !lost.empty());
        for (const auto& [number, head] : fake.blocks()) {
            if (const auto kept = tracker.at(BlockNumber{number})) RC_ASSERT(*kept == head);
        }
        RC_ASSERT(tracker.last() == fake.head());
    }
}

}  // namespace
}  // namespace outrigger
