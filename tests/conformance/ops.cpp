// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/ops.hpp"

#include <algorithm>
#include <exception>

#include "chain/base/hex.hpp"

namespace outrigger::conformance {
namespace {

bool before(const Op& op, std::string_view name) {
    return op.name < name;
}

Json list_ops(const Registry& registry) {
    Json out = Json::array();
    for (const Op& op : registry.ops()) out.push_back({{"op", op.name}, {"args", op.args}});
    return out;
}

/// Only what can be echoed without surprise: a number, a text, true, false.
Json id_of(const Json& request) {
    const auto id = request.find("id");
    return id != request.end() && id->is_primitive() ? *id : Json();
}

Result<Json> run(const Registry& registry, const Json& request) {
    const auto name = OR_TRY(string_arg(request, "op"));
    const Op* op = registry.find(name);
    if (op == nullptr) {
        return fail(Errc::not_found, "no operation '" + name + R"(': {"op": "ops"} lists what exists)");
    }
    const auto args = request.find("args");
    if (args == request.end() || args->is_null()) return op->fn(Json::object());
    if (!args->is_object()) return fail(Errc::decode, "'args' is not an object");
    return op->fn(*args);
}

/// The same, with an exception of the JSON library turned into what it is here: a request of the wrong shape.
Result<Json> run_caught(const Registry& registry, const Json& request) {
    try {
        return run(registry, request);
    } catch (const std::exception& e) {
        return fail(Errc::decode, std::string("the arguments do not have the right shape: ") + e.what());
    }
}

template <class T>
Result<T> named(const char* name, Result<T> value) {
    if (value) return value;
    return fail(Errc::decode, "argument '" + std::string(name) + "': " + value.error().what);
}

}  // namespace

void Registry::add(Op op) {
    const auto at = std::lower_bound(ops_.begin(), ops_.end(), std::string_view(op.name), before);
    OR_ASSERT(at == ops_.end() || at->name != op.name);
    ops_.insert(at, std::move(op));
}

const Op* Registry::find(std::string_view name) const {
    const auto at = std::lower_bound(ops_.begin(), ops_.end(), name, before);
    return at != ops_.end() && at->name == name ? &*at : nullptr;
}

Registry all_ops() {
    Registry registry;
    add_base_ops(registry);
    add_abi_ops(registry);
    add_crypto_tx_ops(registry);
    add_hedge_ops(registry);
    add_pool_ops(registry);
    registry.add({"ops", {}, nullptr});
    Json list = list_ops(registry);
    Registry complete;
    for (const Op& op : registry.ops()) {
        complete.add(op.fn ? op : Op{op.name, op.args, [list](const Json&) -> Result<Json> { return list; }});
    }
    return complete;
}

std::string answer_line(const Registry& registry, std::string_view line) {
    const Json request = Json::parse(line.begin(), line.end(), nullptr, false);
    Json answer{{"id", nullptr}, {"ok", false}};
    Result<Json> result = fail(Errc::decode, "the line is not a JSON object");
    if (request.is_object()) {
        answer["id"] = id_of(request);
        result = run_caught(registry, request);
    }
    answer["ok"] = result.has_value();
    if (result) {
        answer["result"] = *std::move(result);
    } else {
        answer["error"] = {{"code", std::string(to_string(result.error().code))},
                           {"message", result.error().what}};
    }
    return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<const Json*> arg(const Json& args, const char* name) {
    const auto found = args.find(name);
    if (found == args.end()) return fail(Errc::decode, "argument '" + std::string(name) + "' is missing");
    return &*found;
}

Result<std::string> string_arg(const Json& args, const char* name) {
    const Json* value = OR_TRY(arg(args, name));
    if (!value->is_string()) return fail(Errc::decode, "argument '" + std::string(name) + "' is not a text");
    return value->get<std::string>();
}

Result<Bytes> bytes_arg(const Json& args, const char* name) {
    return named(name, parse_hex(OR_TRY(string_arg(args, name))));
}

Result<Address> address_arg(const Json& args, const char* name) {
    return named(name, parse_address(OR_TRY(string_arg(args, name))));
}

Result<bool> bool_arg(const Json& args, const char* name) {
    const Json* value = OR_TRY(arg(args, name));
    if (!value->is_boolean()) {
        return fail(Errc::decode, "argument '" + std::string(name) + "' is not true or false");
    }
    return value->get<bool>();
}

Result<double> double_arg(const Json& args, const char* name) {
    const Json* value = OR_TRY(arg(args, name));
    if (!value->is_number())
        return fail(Errc::decode, "argument '" + std::string(name) + "' is not a number");
    return value->get<double>();
}

Result<U256> u256_arg(const Json& args, const char* name) {
    return named(name, unsigned_of(*OR_TRY(arg(args, name))));
}

Result<I256> i256_arg(const Json& args, const char* name) {
    return named(name, integer_of(*OR_TRY(arg(args, name))));
}

Result<std::int64_t> i64_arg(const Json& args, const char* name) {
    const I256 value = OR_TRY(i256_arg(args, name));
    if (!value.fits_i64()) {
        return fail(Errc::decode, "argument '" + std::string(name) + "' does not fit in 64 bits");
    }
    return value.as_i64();
}

Result<std::uint64_t> u64_arg(const Json& args, const char* name) {
    const U256 value = OR_TRY(u256_arg(args, name));
    if (!value.fits_u64()) {
        return fail(Errc::decode, "argument '" + std::string(name) + "' does not fit in 64 bits");
    }
    return value.as_u64();
}

Result<I256> integer_of(const Json& value) {
    if (value.is_string()) return I256::from_decimal(value.get_ref<const std::string&>());
    if (value.is_number_unsigned()) return *I256::from_parts(value.get<std::uint64_t>(), false);
    if (value.is_number_integer()) return I256(value.get<std::int64_t>());
    return fail(Errc::decode, value.dump() + " is not an integer or a decimal text");
}

Result<U256> unsigned_of(const Json& value) {
    if (value.is_string()) return U256::from_decimal(value.get_ref<const std::string&>());
    const I256 number = OR_TRY(integer_of(value));
    if (number.is_negative()) return fail(Errc::decode, value.dump() + " is negative");
    return number.bits();
}

}  // namespace outrigger::conformance
