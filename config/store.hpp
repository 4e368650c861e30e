// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "chain/base/assert.hpp"
#include "config/fields.hpp"

/// How the rows of the field table put an accepted value into Settings: one function per kind of place.
namespace outrigger::config {

using Store = std::function<void(Slot&, const Value&)>;

template <class T>
const T& held(const Value& v) {
    const T* p = std::get_if<T>(&v.held);
    OR_ASSERT(p != nullptr);
    return *p;
}

// How an accepted value goes into a member, by the member's type.
inline void assign(bool& to, const Value& v) {
    to = held<bool>(v);
}
inline void assign(double& to, const Value& v) {
    to = held<double>(v);
}
inline void assign(std::optional<double>& to, const Value& v) {
    to.reset();
    if (!std::holds_alternative<Unset>(v.held)) to = held<double>(v);
}
inline void assign(std::uint32_t& to, const Value& v) {
    to = static_cast<std::uint32_t>(held<std::int64_t>(v));
}
inline void assign(std::uint64_t& to, const Value& v) {
    to = static_cast<std::uint64_t>(held<std::int64_t>(v));
}
inline void assign(std::string& to, const Value& v) {
    to = held<std::string>(v);
}
inline void assign(std::vector<std::string>& to, const Value& v) {
    to = held<std::vector<std::string>>(v);
}
inline void assign(Address& to, const Value& v) {
    to = held<Address>(v);
}
inline void assign(std::vector<Address>& to, const Value& v) {
    to = held<std::vector<Address>>(v);
}
inline void assign(std::chrono::milliseconds& to, const Value& v) {
    to = held<Span>(v).length.value();
}
inline void assign(std::chrono::seconds& to, const Value& v) {
    to = std::chrono::duration_cast<std::chrono::seconds>(held<Span>(v).length.value());
}
inline void assign(std::optional<std::chrono::seconds>& to, const Value& v) {
    const auto& length = held<Span>(v).length;
    to.reset();
    if (length) to = std::chrono::duration_cast<std::chrono::seconds>(*length);
}
template <class Enum>
requires std::is_enum_v<Enum>
inline void assign(Enum& to, const Value& v) {
    to = static_cast<Enum>(held<Choice>(v).index);
}

/// Stores into `s.settings.<group>.<member>`.
template <class Group, class Member>
Store to(Group Settings::*group, Member Group::*member) {
    return [=](Slot& s, const Value& v) { assign((s.settings.*group).*member, v); };
}
template <class Member>
Store to_rpc(Member RpcEndpoint::*member) {
    return [=](Slot& s, const Value& v) { assign(s.rpc->*member, v); };
}
template <class Member>
Store to_position(Member PositionSettings::*member) {
    return [=](Slot& s, const Value& v) { assign(s.position->*member, v); };
}
template <class Member>
Store to_ref(Member PositionRef::*member) {
    return [=](Slot& s, const Value& v) { assign(s.position->ref.*member, v); };
}
/// The key that says what kind the position is, with the member that identifies it.
template <class Member>
Store to_kind(std::string_view kind, Member PositionRef::*member) {
    return [=](Slot& s, const Value& v) {
        s.position->ref.kind = kind;
        assign(s.position->ref.*member, v);
    };
}
template <class Group, class Member>
Store to_policy(Group PositionSettings::*group, Member Group::*member) {
    return [=](Slot& s, const Value& v) { assign((s.position->*group).*member, v); };
}
template <class Group>
Store to_policy_bps(Group PositionSettings::*group, double Group::*member) {
    return [=](Slot& s, const Value& v) { (s.position->*group).*member = held<double>(v) / 10'000; };
}
template <class Member>
Store to_venue(Member VenueSettings::*member) {
    return [=](Slot& s, const Value& v) { assign(s.venue->*member, v); };
}
inline Store to_address(std::string_view name) {
    return [=](Slot& s, const Value& v) {
        s.settings.chain.network.addresses[std::string(name)] = held<Address>(v);
    };
}
inline Store nowhere() {
    return [](Slot&, const Value&) {};
}

}  // namespace outrigger::config
