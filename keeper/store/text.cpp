// SPDX-License-Identifier: Apache-2.0
#include "keeper/store/text.hpp"

#include <nlohmann/json.hpp>

namespace outrigger::store {

namespace {

/// One member's text. Errors: Errc::storage unless it is there and a string.
Result<std::string> text_of(const nlohmann::json& object, const char* name) {
    const auto it = object.find(name);
    if (it == object.end() || !it->is_string()) {
        return fail(Errc::storage, std::string("journal: an expectation has no text '") + name + "'");
    }
    return it->get<std::string>();
}

}  // namespace

std::string facts_json(const std::map<std::string, I256>& facts) {
    nlohmann::json out = nlohmann::json::object();
    for (const auto& [name, value] : facts) out[name] = value.to_decimal();
    return out.dump();
}

std::string expectations_json(const std::vector<Expectation>& expect) {
    nlohmann::json out = nlohmann::json::array();
    for (const auto& e : expect) {
        out.push_back({{"fact", e.fact}, {"min", e.min.to_decimal()}, {"max", e.max.to_decimal()}});
    }
    return out.dump();
}

Result<std::vector<Expectation>> expectations_from(const std::string& json) {
    const auto doc = nlohmann::json::parse(json, nullptr, false);
    if (!doc.is_array()) return fail(Errc::storage, "journal: expectations are not a JSON array");
    std::vector<Expectation> out;
    for (const auto& e : doc) {
        if (!e.is_object()) return fail(Errc::storage, "journal: an expectation is not an object");
        out.push_back({OR_TRY(text_of(e, "fact")), OR_TRY(I256::from_decimal(OR_TRY(text_of(e, "min")))),
                       OR_TRY(I256::from_decimal(OR_TRY(text_of(e, "max"))))});
    }
    return out;
}

}  // namespace outrigger::store
