// SPDX-License-Identifier: Apache-2.0
#include "config/guard_fields.hpp"

#include "config/store.hpp"

namespace outrigger::config {

std::vector<Field> believing_fields() {
    using S = Settings;
    using G = GuardSettings;
    return {
        {.path = "guard.max_data_age",
         .type = Type::duration,
         .fallback = "60s",
         .range = {1, 86400},
         .doc = "Older chain data: hold.",
         .store = to(&S::guard, &G::max_data_age)},
        {.path = "guard.blind_rounds_max",
         .type = Type::integer,
         .unit = "rounds",
         .fallback = "5",
         .range = {1, 10'000},
         .doc = "After this many rounds in a row that could not be read: halt.",
         .store = to(&S::guard, &G::blind_rounds_max)},
        {.path = "guard.price_quorum",
         .type = Type::integer,
         .unit = "sources",
         .fallback = "1",
         .range = {1, 8},
         .doc = "Usable sources an asset's price needs, where the network describes several (Chainlink, "
                "Pyth, composed feeds). The price is their median.",
         .store = to(&S::guard, &G::price_quorum)},
        {.path = "guard.max_source_gap_bps",
         .type = Type::number,
         .unit = "bps",
         .fallback = "100",
         .range = {0, 5000, true},
         .doc = "Sources of one price further apart than this are not believed: hold.",
         .store = [](Slot& s,
                     const Value& v) { s.settings.guard.max_source_gap_ratio = held<double>(v) / 10'000; }},
        {.path = "guard.max_jump_bps",
         .type = Type::number,
         .unit = "bps",
         .fallback = "1000",
         .range = {50, 10000},
         .doc = "A price that moves further than this within a minute (over longer times by the square root "
                "of the "
                "minutes) is believed once its next publication or a second source says the same: hold until "
                "then.",
         .store = [](Slot& s,
                     const Value& v) { s.settings.guard.max_jump_ratio = held<double>(v) / 10'000; }},
        {.path = "guard.max_depeg_bps",
         .type = Type::number,
         .unit = "bps",
         .fallback = "300",
         .range = {10, 5000},
         .doc = "A dollar token whose own price is further from one than this: hold what is counted in it.",
         .store = [](Slot& s,
                     const Value& v) { s.settings.guard.max_depeg_ratio = held<double>(v) / 10'000; }},
    };
}

std::vector<Field> spending_fields() {
    using S = Settings;
    using G = GuardSettings;
    constexpr Range usd = {0, 1e9, true};
    return {
        {.path = "guard.max_tx_usd",
         .type = Type::number,
         .unit = "USD",
         .range = usd,
         .doc = "Largest single transaction. Live refuses to start without it.",
         .store = to(&S::guard, &G::max_tx_usd)},
        {.path = "guard.max_hour_usd",
         .type = Type::number,
         .unit = "USD",
         .range = usd,
         .doc = "Most that may be moved in an hour. Live refuses to start without it.",
         .store = to(&S::guard, &G::max_hour_usd)},
        {.path = "guard.max_day_usd",
         .type = Type::number,
         .unit = "USD",
         .range = usd,
         .doc = "Most that may be moved within 24 hours. Live refuses to start without it.",
         .store = to(&S::guard, &G::max_day_usd)},
    };
}

}  // namespace outrigger::config
