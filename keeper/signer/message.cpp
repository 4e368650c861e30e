// SPDX-License-Identifier: Apache-2.0
#include "keeper/signer/message.hpp"

#include <bit>
#include <cmath>

namespace outrigger::signer {

namespace {

constexpr std::uint8_t kVersion = 1;
enum class Kind : std::uint8_t {
    ask_identity = 1,
    ask_signature = 2,
    identity = 17,
    signature = 18,
    refusal = 19
};

class Writer {
  public:
    explicit Writer(Kind kind) {
        u8(kVersion);
        u8(static_cast<std::uint8_t>(kind));
    }
    void u8(std::uint8_t v) { out_.push_back(v); }
    void u64(std::uint64_t v) {
        for (int shift = 56; shift >= 0; shift -= 8) u8(static_cast<std::uint8_t>(v >> shift));
    }
    void raw(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
    void sized(ByteView bytes) {
        u64(bytes.size());
        raw(bytes);
    }
    void text(std::string_view s) { sized({reinterpret_cast<const std::uint8_t*>(s.data()), s.size()}); }
    void u256(const U256& v) {
        const auto bytes = v.to_be();
        raw(bytes);
    }
    Bytes take() && { return std::move(out_); }

  private:
    Bytes out_;
};

class Reader {
  public:
    explicit Reader(ByteView in) : in_(in) {}

    Result<ByteView> raw(std::size_t count) {
        if (count > in_.size()) return fail(Errc::decode, "a message ends too early");
        const ByteView out = in_.first(count);
        in_ = in_.subspan(count);
        return out;
    }
    Result<std::uint8_t> u8() { return OR_TRY(raw(1))[0]; }
    Result<std::uint64_t> u64() {
        std::uint64_t out = 0;
        for (const auto byte : OR_TRY(raw(8))) out = out << 8 | byte;
        return out;
    }
    Result<ByteView> sized(std::size_t most) {
        const std::uint64_t count = OR_TRY(u64());
        if (count > most) return fail(Errc::decode, "a part of a message is too long");
        return raw(static_cast<std::size_t>(count));
    }
    Result<std::string> text(std::size_t most) {
        const ByteView bytes = OR_TRY(sized(most));
        return std::string(bytes.begin(), bytes.end());
    }
    Result<U256> u256() { return U256::from_be(OR_TRY(raw(32))); }
    template <class T>
    Result<T> fixed() {
        const ByteView bytes = OR_TRY(raw(T{}.data.size()));
        T out;
        std::copy(bytes.begin(), bytes.end(), out.data.begin());
        return out;
    }
    Result<void> end() const {
        if (!in_.empty()) return fail(Errc::decode, "a message goes on after its end");
        return {};
    }

  private:
    ByteView in_;
};

Result<Kind> header(Reader& in) {
    if (OR_TRY(in.u8()) != kVersion)
        return fail(Errc::decode, "a message of another version: keeper and signer are not of one build");
    return static_cast<Kind>(OR_TRY(in.u8()));
}

void write(Writer& out, const tx::UnsignedTx& tx) {
    out.u64(tx.nonce.value);
    out.u64(tx.call.chain.value);
    out.raw(tx.call.to.data);
    out.u256(tx.call.value);
    out.u64(tx.call.gas_limit.value);
    out.u256(tx.max_fee);
    out.u256(tx.tip);
    out.sized(tx.call.data);
}

Result<tx::UnsignedTx> read_tx(Reader& in) {
    tx::UnsignedTx tx;
    tx.nonce = Nonce(OR_TRY(in.u64()));
    tx.call.chain = ChainId(OR_TRY(in.u64()));
    tx.call.to = OR_TRY(in.fixed<Address>());
    tx.call.value = OR_TRY(in.u256());
    tx.call.gas_limit = Gas(OR_TRY(in.u64()));
    tx.max_fee = OR_TRY(in.u256());
    tx.tip = OR_TRY(in.u256());
    const ByteView data = OR_TRY(in.sized(kMaxMessage));
    tx.call.data.assign(data.begin(), data.end());
    return tx;
}

Result<AskSignature> read_ask(Reader& in) {
    AskSignature ask;
    ask.tx = OR_TRY(read_tx(in));
    ask.chain_time = TimePoint{std::chrono::seconds{static_cast<std::int64_t>(OR_TRY(in.u64()))}};
    const std::uint64_t prices = OR_TRY(in.u64());
    constexpr std::uint64_t kMostPrices = 256;
    if (prices > kMostPrices) return fail(Errc::decode, "a message names too many prices");
    for (std::uint64_t i = 0; i < prices; ++i) {
        const auto asset = OR_TRY(in.text(32));
        const double usd = std::bit_cast<double>(OR_TRY(in.u64()));
        if (!std::isfinite(usd) || usd <= 0) return fail(Errc::decode, "a price is no positive number");
        if (!ask.price_usd.empty() && asset <= ask.price_usd.rbegin()->first)
            return fail(Errc::decode, "prices are said twice, or out of order");
        ask.price_usd.emplace(asset, usd);
    }
    return ask;
}

Result<Refusal> read_refusal(Reader& in) {
    const std::uint8_t code = OR_TRY(in.u8());
    if (code > static_cast<std::uint8_t>(Errc::unsupported))
        return fail(Errc::decode, "a refusal has no known code");
    return Refusal{static_cast<Errc>(code), OR_TRY(in.text(4096))};
}

}  // namespace

Bytes encode(const Request& request) {
    if (const auto* ask = std::get_if<AskSignature>(&request)) {
        Writer out(Kind::ask_signature);
        write(out, ask->tx);
        out.u64(static_cast<std::uint64_t>(ask->chain_time.time_since_epoch().count()));
        out.u64(ask->price_usd.size());
        for (const auto& [asset, usd] : ask->price_usd) {
            out.text(asset);
            out.u64(std::bit_cast<std::uint64_t>(usd));
        }
        return std::move(out).take();
    }
    return Writer(Kind::ask_identity).take();
}

Bytes encode(const Answer& answer) {
    if (const auto* identity = std::get_if<Identity>(&answer)) {
        Writer out(Kind::identity);
        out.raw(identity->address.data);
        out.u64(identity->chain.value);
        out.text(identity->policy);
        return std::move(out).take();
    }
    if (const auto* signed_tx = std::get_if<tx::SignedTx>(&answer)) {
        Writer out(Kind::signature);
        out.raw(signed_tx->hash.data);
        out.sized(signed_tx->raw);
        return std::move(out).take();
    }
    const auto& refusal = std::get<Refusal>(answer);
    Writer out(Kind::refusal);
    out.u8(static_cast<std::uint8_t>(refusal.code));
    out.text(std::string_view(refusal.why).substr(0, 4096));
    return std::move(out).take();
}

Result<Request> decode_request(ByteView message) {
    Reader in(message);
    const Kind kind = OR_TRY(header(in));
    if (kind == Kind::ask_identity) {
        OR_TRY(in.end());
        return AskIdentity{};
    }
    if (kind != Kind::ask_signature)
        return fail(Errc::decode, "not a request this signer knows: only transactions are signed");
    auto ask = OR_TRY(read_ask(in));
    OR_TRY(in.end());
    return ask;
}

Result<Answer> decode_answer(ByteView message) {
    Reader in(message);
    const Kind kind = OR_TRY(header(in));
    Answer out;
    switch (kind) {
        case Kind::identity: {
            Identity identity;
            identity.address = OR_TRY(in.fixed<Address>());
            identity.chain = ChainId(OR_TRY(in.u64()));
            identity.policy = OR_TRY(in.text(128));
            out = std::move(identity);
            break;
        }
        case Kind::signature: {
            tx::SignedTx signed_tx;
            signed_tx.hash = OR_TRY(in.fixed<TxHash>());
            const ByteView raw = OR_TRY(in.sized(kMaxMessage));
            signed_tx.raw.assign(raw.begin(), raw.end());
            out = std::move(signed_tx);
            break;
        }
        case Kind::refusal: out = OR_TRY(read_refusal(in)); break;
        default: return fail(Errc::decode, "not an answer of a signer");
    }
    OR_TRY(in.end());
    return out;
}

}  // namespace outrigger::signer
