// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "hedge/venue/venue.hpp"

namespace outrigger::shell_test {

/// A venue that has instruments and a name, and does nothing.
class FakeVenue : public Venue {
  public:
    FakeVenue(VenueId id, std::string name, std::vector<AssetId> instruments, double cost = 0.001)
        : id_(id), name_(std::move(name)), instruments_(std::move(instruments)), cost_(cost) {}
    VenueId id() const override { return id_; }
    const std::string& name() const override { return name_; }
    std::string_view kind() const override { return "fake"; }
    std::vector<AssetId> instruments() const override { return instruments_; }
    double cost_ratio() const override { return cost_; }
    double hedge_gas() const override { return 500'000; }
    Query<VenueAccount> account(const Address& /*owner*/) const override {
        return {{}, [](Query<VenueAccount>::Answers) -> Result<VenueAccount> { return refuse(); }};
    }
    Result<std::optional<Step>> next_step(const HedgeOrder& /*order*/, const VenueAccount& /*account*/,
                                          const PlanContext& /*context*/) const override {
        return refuse();
    }
    Result<std::optional<Step>> upkeep(const VenueAccount& /*account*/,
                                       const PlanContext& /*context*/) const override {
        return refuse();
    }
    Result<Inspection> inspect(const TxCall& /*call*/) const override { return refuse(); }
    std::vector<AllowedCall> allowed_calls() const override { return {}; }
    std::vector<Address> spenders() const override { return {}; }

  private:
    static tl::unexpected<Error> refuse() { return fail(Errc::unsupported, "a fake venue"); }
    VenueId id_;
    std::string name_;
    std::vector<AssetId> instruments_;
    double cost_;
};

}  // namespace outrigger::shell_test
