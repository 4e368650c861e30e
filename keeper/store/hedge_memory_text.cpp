// SPDX-License-Identifier: Apache-2.0
#include "keeper/store/hedge_memory_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace outrigger::store {

namespace {

using nlohmann::json;

constexpr int kVersion = 2;

std::int64_t seconds_of(TimePoint t) {
    return t.time_since_epoch().count();
}

TimePoint time_of(const json& seconds) {
    return TimePoint{std::chrono::seconds{seconds.get<std::int64_t>()}};
}

json regime_json(const RegimeState& s) {
    return {{"regime", static_cast<int>(s.regime)},
            {"since", seconds_of(s.since)},
            {"last_alarm", s.last_alarm ? json(seconds_of(*s.last_alarm)) : json(nullptr)},
            {"before", static_cast<int>(s.before)},
            {"before_since", seconds_of(s.before_since)}};
}

Result<Regime> regime_of(const json& number) {
    const int value = number.get<int>();
    if (value < 0 || value > static_cast<int>(Regime::blind))
        return fail(Errc::storage, "a stored hedge memory is in a state that does not exist");
    return static_cast<Regime>(value);
}

Result<RegimeState> regime_from(const json& j) {
    RegimeState s;
    s.regime = OR_TRY(regime_of(j.at("regime")));
    s.since = time_of(j.at("since"));
    if (!j.at("last_alarm").is_null()) s.last_alarm = time_of(j.at("last_alarm"));
    s.before = OR_TRY(regime_of(j.at("before")));
    s.before_since = time_of(j.at("before_since"));
    return s;
}

json watch_json(const WatchMemory& w) {
    return {{"correlation", w.correlation ? json(w.correlation->numbers()) : json(nullptr)},
            {"residual", w.residual ? json(w.residual->numbers()) : json(nullptr)},
            {"realised", w.realised},
            {"state", regime_json(w.state)},
            {"stale_baseline", w.stale_baseline}};
}

Result<WatchMemory> watch_from(const json& j) {
    WatchMemory w;
    if (!j.at("correlation").is_null())
        w.correlation = OR_TRY(CorrelationDetector::restored(j["correlation"].get<std::vector<double>>()));
    if (!j.at("residual").is_null())
        w.residual = OR_TRY(ResidualDetector::restored(j["residual"].get<std::vector<double>>()));
    j.at("realised").get_to(w.realised);
    w.state = OR_TRY(regime_from(j.at("state")));
    j.at("stale_baseline").get_to(w.stale_baseline);
    return w;
}

Result<HedgeMemory> parsed(const json& j) {
    HedgeMemory m;
    m.last_bar = time_of(j.at("last_bar"));
    m.bar = std::chrono::seconds{j.at("bar").get<std::int64_t>()};
    j.at("exposure_usd").get_to(m.exposure_usd);
    j.at("value_usd").get_to(m.value_usd);
    j.at("instruments").get_to(m.instruments);
    j.at("target_usd").get_to(m.target_usd);
    j.at("members").get_to(m.members);
    j.at("substitute").get_to(m.substitute);
    j.at("wander").get_to(m.wander);
    j.at("drift").get_to(m.drift);
    m.noted = time_of(j.at("noted"));
    j.at("wander_known").get_to(m.wander_known);
    m.watch = OR_TRY(watch_from(j.at("watch")));
    j.at("slice_from_usd").get_to(m.slice_from_usd);
    m.slice_since = time_of(j.at("slice_since"));
    const std::size_t legs = m.instruments.size();
    const bool fits = m.target_usd.size() == legs && m.members.size() == legs &&
                      (m.substitute.empty() || m.substitute.size() == legs) && m.wander.size() == legs &&
                      m.drift.size() == legs &&
                      std::all_of(m.instruments.begin(), m.instruments.end(),
                                  [&](std::size_t i) { return i < m.exposure_usd.size(); });
    if (!fits) return fail(Errc::storage, "a stored hedge memory contradicts itself");
    return m;
}

}  // namespace

std::string hedge_memory_json(const HedgeMemory& m) {
    return json{{"version", kVersion},
                {"last_bar", seconds_of(m.last_bar)},
                {"bar", m.bar.count()},
                {"exposure_usd", m.exposure_usd},
                {"value_usd", m.value_usd},
                {"instruments", m.instruments},
                {"target_usd", m.target_usd},
                {"members", m.members},
                {"substitute", m.substitute},
                {"wander", m.wander},
                {"drift", m.drift},
                {"noted", seconds_of(m.noted)},
                {"wander_known", m.wander_known},
                {"watch", watch_json(m.watch)},
                {"slice_from_usd", m.slice_from_usd},
                {"slice_since", seconds_of(m.slice_since)}}
        .dump();
}

Result<HedgeMemory> hedge_memory_from(const std::string& text) {
    const json j = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!j.is_object()) return fail(Errc::storage, "a stored hedge memory is not readable");
    if (j.value("version", 0) != kVersion) return HedgeMemory{};
    try {  // the library's own way to say that a member is missing or of another type
        return parsed(j);
    } catch (const json::exception& e) {
        return fail(Errc::storage, std::string("a stored hedge memory is not readable: ") + e.what());
    }
}

}  // namespace outrigger::store
