// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/wire.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "chain/base/hex.hpp"
#include "chain/rpc/json_text.hpp"

namespace outrigger {
namespace {

using nlohmann::json;

constexpr std::uint64_t kLatestTime = 253402300799;  // the end of the year 9999
constexpr std::uint64_t kMostGas = 1ULL << 53;

template <class T>
Result<T> named(Result<T> r, std::string_view name) {
    if (!r) return fail(r.error().code, fmt::format("{}: {}", name, r.error().what));
    return r;
}

Result<std::string_view> text_value(const json& value) {
    if (!value.is_string())
        return fail(Errc::decode, fmt::format("a {} where hex text is expected", value.type_name()));
    return std::string_view(value.get_ref<const std::string&>());
}

Result<const json*> member(const json& object, std::string_view name) {
    if (!object.is_object())
        return fail(Errc::decode, fmt::format("a {} where an object is expected", object.type_name()));
    const auto at = object.find(name);
    if (at == object.end()) return fail(Errc::decode, fmt::format("{}: missing", name));
    return &*at;
}

Result<Address> address_field(const json& object, std::string_view name) {
    const json* value = OR_TRY(member(object, name));
    return named(parse_address(OR_TRY(named(text_value(*value), name))), name);
}

template <class To>
To as(const Hash32& hash) {
    return To{hash.data};
}

Result<Gas> gas_field(const json& object, std::string_view name) {
    const std::uint64_t gas = OR_TRY(u64_field(object, name));
    if (gas > kMostGas) return fail(Errc::decode, fmt::format("{}: {} gas is absurd", name, gas));
    return Gas{gas};
}

}  // namespace

Result<U256> quantity_value(const json& value) {
    return parse_quantity(OR_TRY(text_value(value)));
}
Result<std::uint64_t> u64_value(const json& value) {
    return parse_quantity_u64(OR_TRY(text_value(value)));
}
Result<Bytes> bytes_value(const json& value) {
    return parse_hex(OR_TRY(text_value(value)));
}
Result<Hash32> hash_value(const json& value) {
    return parse_fixed<Hash32>(OR_TRY(text_value(value)));
}

Result<U256> quantity_field(const json& object, std::string_view name) {
    return named(quantity_value(*OR_TRY(member(object, name))), name);
}
Result<std::uint64_t> u64_field(const json& object, std::string_view name) {
    return named(u64_value(*OR_TRY(member(object, name))), name);
}
Result<Hash32> hash_field(const json& object, std::string_view name) {
    return named(hash_value(*OR_TRY(member(object, name))), name);
}

Result<Head> head_of(const json& block, ChainId chain) {
    if (block.is_null()) return fail(Errc::not_found, "no such block");
    Head head;
    head.block.chain = chain;
    head.block.number = BlockNumber{OR_TRY(u64_field(block, "number"))};
    head.block.hash = as<BlockHash>(OR_TRY(hash_field(block, "hash")));
    const std::uint64_t time = OR_TRY(u64_field(block, "timestamp"));
    if (time > kLatestTime) return fail(Errc::decode, fmt::format("timestamp: {} is no date", time));
    head.block.timestamp = TimePoint{std::chrono::seconds{static_cast<std::int64_t>(time)}};
    head.parent = as<BlockHash>(OR_TRY(hash_field(block, "parentHash")));
    if (!block.contains("baseFeePerGas")) {
        return fail(Errc::unsupported,
                    "baseFeePerGas: missing; this chain has no EIP-1559 fees, which are all we send");
    }
    head.base_fee = OR_TRY(quantity_field(block, "baseFeePerGas"));
    head.gas_limit = OR_TRY(gas_field(block, "gasLimit"));
    head.gas_used = OR_TRY(gas_field(block, "gasUsed"));
    if (head.block.hash == BlockHash{}) return fail(Errc::decode, "hash: all zeros");
    if (head.block.hash == head.parent) return fail(Errc::decode, "hash: the block is its own parent");
    return head;
}

Result<tx::Receipt> receipt_of(const json& receipt, ChainId chain, const TxHash& wanted) {
    tx::Receipt out;
    out.hash = as<TxHash>(OR_TRY(hash_field(receipt, "transactionHash")));
    if (out.hash != wanted) return fail(Errc::decode, "the receipt of another transaction");
    out.block.chain = chain;
    out.block.number = BlockNumber{OR_TRY(u64_field(receipt, "blockNumber"))};
    out.block.hash = as<BlockHash>(OR_TRY(hash_field(receipt, "blockHash")));
    if (out.block.hash == BlockHash{}) return fail(Errc::decode, "blockHash: all zeros");
    const std::uint64_t status = OR_TRY(u64_field(receipt, "status"));
    if (status > 1) return fail(Errc::decode, fmt::format("status: {} is neither 0 nor 1", status));
    out.success = status == 1;
    out.gas_used = OR_TRY(gas_field(receipt, "gasUsed"));
    out.effective_gas_price = OR_TRY(quantity_field(receipt, "effectiveGasPrice"));
    return out;
}

Result<tx::Receipt> parse_receipt(std::string_view text, ChainId chain, const TxHash& wanted) {
    const json receipt = OR_TRY(parse_json(text));
    return receipt_of(receipt, chain, wanted);
}

Result<TransactionInfo> transaction_of(const json& transaction, ChainId chain, const TxHash& wanted) {
    TransactionInfo out;
    out.hash = as<TxHash>(OR_TRY(hash_field(transaction, "hash")));
    if (out.hash != wanted) return fail(Errc::decode, "another transaction than the one asked for");
    out.from = OR_TRY(address_field(transaction, "from"));
    out.nonce = Nonce{OR_TRY(u64_field(transaction, "nonce"))};
    const json* hash = OR_TRY(member(transaction, "blockHash"));
    if (hash->is_null()) return out;
    BlockRef block;
    block.chain = chain;
    block.hash = as<BlockHash>(OR_TRY(named(hash_value(*hash), "blockHash")));
    block.number = BlockNumber{OR_TRY(u64_field(transaction, "blockNumber"))};
    out.block = block;
    return out;
}

std::string call_object(const Address* from, const TxCall& call) {
    std::string out = "{";
    if (from != nullptr) out += fmt::format(R"("from":"{}",)", to_hex(*from));
    if (!call.value.is_zero()) out += fmt::format(R"("value":"{}",)", to_quantity(call.value));
    if (call.gas_limit != Gas{}) out += fmt::format(R"("gas":"{}",)", to_quantity(call.gas_limit.value));
    // Both names of the calldata field are in use; "input" wins where both are known, "data" is known
    // everywhere.
    out += fmt::format(R"("to":"{}","data":"{}"}})", to_hex(call.to), to_hex(call.data));
    return out;
}

}  // namespace outrigger
