// SPDX-License-Identifier: Apache-2.0
#include "hedge/venue/registry.hpp"

#include <array>
#include <string>

namespace outrigger {
namespace {

struct VenueKind {
    std::string_view name;
    Result<std::unique_ptr<Venue>> (*make)(const VenueSpec&);
};

template <class Params, Result<std::unique_ptr<Venue>> (*Make)(Params)>
Result<std::unique_ptr<Venue>> make(const VenueSpec& spec) {
    const auto* params = std::get_if<Params>(&spec);
    if (params == nullptr) return fail(Errc::config, "the parameters are those of another kind of venue");
    return Make(*params);
}

constexpr std::array kKinds{
    VenueKind{"aave-v3", make<AaveV3Params, make_aave_v3>},
    VenueKind{"perp-v2", make<PerpV2Params, make_perp_v2>},
};

}  // namespace

Result<std::unique_ptr<Venue>> make_venue(std::string_view kind, const VenueSpec& spec) {
    std::string known;
    for (const VenueKind& k : kKinds) {
        if (k.name == kind) return k.make(spec);
        known += (known.empty() ? "" : ", ") + std::string(k.name);
    }
    return fail(Errc::config, "there is no venue kind \"" + std::string(kind) + "\"; known are " + known);
}

std::vector<std::string_view> venue_kinds() {
    std::vector<std::string_view> out;
    for (const VenueKind& k : kKinds) out.push_back(k.name);
    return out;
}

}  // namespace outrigger
