// SPDX-License-Identifier: Apache-2.0
#include "chain/base/hex.hpp"
#include "chain/crypto/keystore.hpp"
#include "chain/tx/encode.hpp"
#include "chain/tx/fees.hpp"
#include "tests/conformance/ops.hpp"

namespace outrigger::conformance {
namespace {

bool given(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && !found->is_null();
}

/// The message never repeats the key.
Result<KeyPair> key_arg(const Json& args, const char* name) {
    auto bytes = parse_fixed<Hash32>(OR_TRY(string_arg(args, name)));
    if (!bytes) return fail(Errc::decode, "argument '" + std::string(name) + "' is not 0x and 64 hex digits");
    return KeyPair::create(Secret<32>::take(bytes->data));
}

Result<std::vector<tx::AccessEntry>> access_list_of(const Json& list) {
    std::vector<tx::AccessEntry> out;
    for (const Json& entry : list) {
        tx::AccessEntry access{OR_TRY(address_arg(entry, "address")), {}};
        for (const Json& key : *OR_TRY(arg(entry, "storageKeys"))) {
            access.storage_keys.push_back(OR_TRY(parse_fixed<Hash32>(key.get_ref<const std::string&>())));
        }
        out.push_back(std::move(access));
    }
    return out;
}

Result<tx::Transaction> transaction_of(const Json& json) {
    tx::Transaction out;
    const std::uint64_t type = OR_TRY(u64_arg(json, "type"));
    if (type != 0 && type != 2) return fail(Errc::unsupported, "argument 'type' is not 0 or 2");
    out.type = static_cast<std::uint8_t>(type);
    if (given(json, "chainId")) out.chain = ChainId(OR_TRY(u64_arg(json, "chainId")));
    out.nonce = Nonce(OR_TRY(u64_arg(json, "nonce")));
    if (given(json, "to")) out.to = OR_TRY(address_arg(json, "to"));
    if (given(json, "value")) out.value = OR_TRY(u256_arg(json, "value"));
    if (given(json, "data")) out.data = OR_TRY(bytes_arg(json, "data"));
    out.gas_limit = Gas(OR_TRY(u64_arg(json, "gasLimit")));
    if (given(json, "accessList")) out.access_list = OR_TRY(access_list_of(json.at("accessList")));
    if (type == 0) {
        out.max_fee = out.tip = OR_TRY(u256_arg(json, "gasPrice"));
    } else {
        out.max_fee = OR_TRY(u256_arg(json, "maxFeePerGas"));
        out.tip = OR_TRY(u256_arg(json, "maxPriorityFeePerGas"));
    }
    return out;
}

Json json_of(const tx::DecodedTx& decoded) {
    const tx::Transaction& tx = decoded.tx;
    Json out{{"type", tx.type},
             {"chainId", tx.chain ? Json(std::to_string(tx.chain->value)) : Json()},
             {"nonce", std::to_string(tx.nonce.value)},
             {"to", tx.to ? Json(checksum_address(*tx.to)) : Json()},
             {"value", tx.value.to_decimal()},
             {"data", to_hex(tx.data)},
             {"gasLimit", std::to_string(tx.gas_limit.value)},
             {"yParity", decoded.signature.y_parity},
             {"r", to_hex(decoded.signature.r.to_be())},
             {"s", to_hex(decoded.signature.s.to_be())},
             {"from", checksum_address(decoded.from)},
             {"hash", to_hex(decoded.hash)}};
    if (tx.type == 0) {
        out["gasPrice"] = tx.max_fee.to_decimal();
        return out;
    }
    out["maxFeePerGas"] = tx.max_fee.to_decimal();
    out["maxPriorityFeePerGas"] = tx.tip.to_decimal();
    Json list = Json::array();
    for (const auto& entry : tx.access_list) {
        Json keys = Json::array();
        for (const auto& key : entry.storage_keys) keys.push_back(to_hex(key));
        list.push_back({{"address", checksum_address(entry.address)}, {"storageKeys", std::move(keys)}});
    }
    out["accessList"] = std::move(list);
    return out;
}

Result<Json> sign_transaction(const Json& args) {
    const KeyPair key = OR_TRY(key_arg(args, "private_key"));
    const auto made = OR_TRY(tx::sign_transaction(OR_TRY(transaction_of(*OR_TRY(arg(args, "tx")))), key));
    return Json{
        {"raw", to_hex(made.raw)}, {"hash", to_hex(made.hash)}, {"from", checksum_address(key.address())}};
}

Result<Json> decode_transaction(const Json& args) {
    return json_of(OR_TRY(tx::decode_transaction(OR_TRY(bytes_arg(args, "raw")))));
}

/// The keystore as an object, or as the text of its file.
Result<Json> keystore_address(const Json& args) {
    const Json* keystore = OR_TRY(arg(args, "keystore"));
    const std::string text = keystore->is_string() ? keystore->get<std::string>() : keystore->dump();
    auto key = OR_TRY(decrypt_keystore(text, OR_TRY(string_arg(args, "password"))));
    return checksum_address(OR_TRY(KeyPair::create(std::move(key))).address());
}

Result<Json> fee_bump(const Json& args) {
    const Json* previous = OR_TRY(arg(args, "previous"));
    const Json* market = OR_TRY(arg(args, "market"));
    tx::FeePolicy policy;
    policy.max_fee_cap = policy.tip_cap = U256::max();
    const tx::Fees paid{OR_TRY(u256_arg(*previous, "cap")), OR_TRY(u256_arg(*previous, "tip"))};
    const auto fees =
        tx::bump(paid, {OR_TRY(u256_arg(*market, "baseFee")), OR_TRY(u256_arg(*market, "tip"))}, policy);
    if (!fees) return fail(Errc::rejected, "the least rise does not fit in 256 bits");
    return Json{{"tip", fees->tip.to_decimal()}, {"cap", fees->max_fee.to_decimal()}};
}

}  // namespace

void add_crypto_tx_ops(Registry& registry) {
    registry.add({"sign_transaction", {"private_key", "tx"}, sign_transaction});
    registry.add({"decode_transaction", {"raw"}, decode_transaction});
    registry.add({"keystore_address", {"keystore", "password"}, keystore_address});
    registry.add({"fee_bump", {"previous", "market"}, fee_bump});
}

}  // namespace outrigger::conformance
