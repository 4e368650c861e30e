// SPDX-License-Identifier: Apache-2.0
#include "keeper/decide/group.hpp"

#include <algorithm>

namespace outrigger {

namespace {

bool same_leg(const LegParams& a, const LegParams& b) {
    return a.venue == b.venue && a.asset == b.asset;
}

bool shares_a_leg(const Group& group, const PositionParams& position) {
    return std::any_of(position.legs.begin(), position.legs.end(), [&](const LegParams& leg) {
        return std::any_of(group.legs.begin(), group.legs.end(),
                           [&](const LegParams& held) { return same_leg(held, leg); });
    });
}

/// Each position brings its allowance: on an instrument they share the allowances add up.
void add_legs(Group& group, const std::vector<LegParams>& legs) {
    for (const auto& leg : legs) {
        const auto known = std::find_if(group.legs.begin(), group.legs.end(),
                                        [&](const auto& held) { return same_leg(held, leg); });
        if (known == group.legs.end()) {
            group.legs.push_back(leg);
        } else {
            known->max_usd += leg.max_usd;
            known->reserve = known->reserve && leg.reserve;
        }
    }
}

}  // namespace

std::vector<Group> make_groups(const Params& params) {
    std::vector<Group> groups;
    for (std::size_t i = 0; i < params.positions.size(); ++i) {
        const auto& position = params.positions[i];
        if (!position.enabled) continue;
        Group merged{{i}, {}};
        add_legs(merged, position.legs);
        // A position may connect groups that were apart until now.
        for (auto it = groups.begin(); it != groups.end();) {
            if (!shares_a_leg(*it, position)) {
                ++it;
                continue;
            }
            Group joined = std::move(*it);
            joined.members.insert(joined.members.end(), merged.members.begin(), merged.members.end());
            add_legs(joined, merged.legs);
            merged = std::move(joined);
            it = groups.erase(it);
        }
        std::sort(merged.members.begin(), merged.members.end());
        groups.push_back(std::move(merged));
    }
    std::sort(groups.begin(), groups.end(),
              [](const Group& a, const Group& b) { return a.members[0] < b.members[0]; });
    return groups;
}

}  // namespace outrigger
