// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "keeper/decide/params.hpp"

namespace outrigger {

/// Positions that share a hedge instrument at a venue. What the venue holds there cannot be told apart, so
/// they are one portfolio: exposures net before anything is traded. The first member speaks for the group.
struct Group {
    std::vector<std::size_t> members;
    std::vector<LegParams> legs;  // union of the members' legs, in order of first mention
};

/// Every enabled position in exactly one group, in order of the first member.
std::vector<Group> make_groups(const Params& params);

}  // namespace outrigger
