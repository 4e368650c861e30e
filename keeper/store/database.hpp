// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/Exception.h>

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "chain/base/chain_types.hpp"
#include "chain/base/result.hpp"

namespace SQLite {
class Database;
}

namespace outrigger::store {

inline std::int64_t seconds(TimePoint t) {
    return t.time_since_epoch().count();
}
inline TimePoint at_seconds(std::int64_t s) {
    return TimePoint{std::chrono::seconds{s}};
}

namespace detail {
template <class T>
struct Flat {
    using Type = Result<T>;
};
template <class T>
struct Flat<Result<T>> {
    using Type = Result<T>;
};
}  // namespace detail

/// The error of an SQLite failure: what failed, in which file, why, and what to do about it.
tl::unexpected<Error> sqlite_failure(const std::string& path, std::string_view what, int code,
                                     std::string_view why);

/// The error of a rule of the ledger that a call would break.
tl::unexpected<Error> refused(const std::string& path, std::string_view what, std::string_view why);

/// What `work` returns (a value, nothing, or a Result), with any exception of the SQLite library turned into
/// Errc::storage. A transaction `work` has begun and not committed is rolled back either way.
template <class F>
auto guarded(const std::string& path, const char* what, F&& work) ->
    typename detail::Flat<std::invoke_result_t<F>>::Type {
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
            std::forward<F>(work)();
            return {};
        } else {
            return std::forward<F>(work)();
        }
    } catch (const SQLite::Exception& e) {
        return sqlite_failure(path, what, e.getErrorCode(), e.what());
    } catch (const std::exception& e) {
        return sqlite_failure(path, what, 0, e.what());
    }
}

/// SQLite's own check of the whole file. Errors: Errc::storage with its first finding.
Result<void> check_sound(const std::string& path, SQLite::Database& db);

/// From here on a commit that returns is on the disk: WAL, synchronous=FULL. Errors: Errc::storage where the
/// file system has no shared memory.
Result<void> make_durable(const std::string& path, SQLite::Database& db);

/// Errors: Errc::storage when what is stored differs from what is wanted.
Result<void> check_owner(const std::string& path, const char* what, const std::optional<std::string>& stored,
                         const std::string& wanted);

/// A value of the table meta, which both ledgers have; nothing when there is none.
std::optional<std::string> read_meta(const SQLite::Database& db, const std::string& key);
void write_meta(SQLite::Database& db, const std::string& key, const std::string& value);

/// Creates the file for its owner only, or checks that an existing one is a regular file of ours closed to
/// others. Errors: Errc::storage.
Result<void> claim_private_file(const std::string& path);

/// The same check for a file that must exist. Errors: Errc::storage; Errc::not_found when there is none.
Result<void> check_private_file(const std::string& path);

/// The one writer a journal may have: an advisory lock on a file beside it, gone with the process.
class WriterLock {
  public:
    /// Errors: Errc::storage when another process (or this one, twice) has the journal open, or the lock file
    /// cannot
    ///         be made.
    static Result<WriterLock> acquire(const std::string& journal_path);
    WriterLock(WriterLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    WriterLock& operator=(WriterLock&&) = delete;
    WriterLock(const WriterLock&) = delete;
    WriterLock& operator=(const WriterLock&) = delete;
    ~WriterLock();

  private:
    explicit WriterLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

}  // namespace outrigger::store
