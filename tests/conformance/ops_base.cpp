// SPDX-License-Identifier: Apache-2.0
#include "chain/abi/rlp.hpp"
#include "chain/base/hex.hpp"
#include "chain/base/keccak.hpp"
#include "tests/conformance/ops.hpp"

namespace outrigger::conformance {
namespace {

Result<rlp::Item> item_of(const Json& value, unsigned depth) {
    if (value.is_string()) return rlp::Item{OR_TRY(parse_hex(value.get_ref<const std::string&>()))};
    if (!value.is_array()) return fail(Errc::decode, "an item is hex text or an array of items");
    if (depth >= rlp::kMaxDepth) return fail(Errc::decode, "lists nested too deep");
    std::vector<rlp::Item> elements;
    for (const Json& e : value) elements.push_back(OR_TRY(item_of(e, depth + 1)));
    return rlp::Item{std::move(elements)};
}

Json json_of(const rlp::Item& item) {
    if (const auto* bytes = std::get_if<Bytes>(&item.value)) return to_hex(*bytes);
    Json out = Json::array();
    for (const rlp::Item& e : std::get<std::vector<rlp::Item>>(item.value)) out.push_back(json_of(e));
    return out;
}

}  // namespace

void add_base_ops(Registry& registry) {
    registry.add({"keccak256", {"data"}, [](const Json& args) -> Result<Json> {
                      return to_hex(keccak256(OR_TRY(bytes_arg(args, "data"))));
                  }});
    registry.add({"checksum_address", {"address"}, [](const Json& args) -> Result<Json> {
                      return checksum_address(OR_TRY(address_arg(args, "address")));
                  }});
    registry.add({"rlp_encode", {"item"}, [](const Json& args) -> Result<Json> {
                      return to_hex(rlp::encode(OR_TRY(item_of(*OR_TRY(arg(args, "item")), 0))));
                  }});
    registry.add({"rlp_decode", {"data"}, [](const Json& args) -> Result<Json> {
                      return json_of(OR_TRY(rlp::decode(OR_TRY(bytes_arg(args, "data")))));
                  }});
}

}  // namespace outrigger::conformance
