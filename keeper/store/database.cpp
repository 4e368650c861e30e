// SPDX-License-Identifier: Apache-2.0
#include "keeper/store/database.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace outrigger::store {

namespace {

/// What a person does about an SQLite error of this (primary) code.
const char* remedy(int code) {
    switch (code) {
        case SQLITE_FULL: return "free space on that disk and start again";
        case SQLITE_IOERR: return "check the disk (space, quota, health) and start again";
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_CANTOPEN: return "make the directory and the file writable for this user and start again";
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return "end the other program that has the file open and start again";
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return "keep the damaged file and put back a backup; without one, move it away, wait until the "
                   "account has "
                   "no pending transaction, and start with an empty journal";
        default: return "nothing is sent without a journal; start again, and report this if it happens twice";
    }
}

tl::unexpected<Error> file_failure(const std::string& path, std::string_view what) {
    return fail(Errc::storage, fmt::format("journal {}: cannot {}: {}. Fix: {}", path, what,
                                           std::strerror(errno), remedy(SQLITE_CANTOPEN)));
}

}  // namespace

tl::unexpected<Error> sqlite_failure(const std::string& path, std::string_view what, int code,
                                     std::string_view why) {
    return fail(Errc::storage,
                fmt::format("journal {}: cannot {}: {}. Fix: {}", path, what, why, remedy(code & 0xFF)));
}

tl::unexpected<Error> refused(const std::string& path, std::string_view what, std::string_view why) {
    return fail(Errc::storage, fmt::format("journal {}: cannot {}: {}", path, what, why));
}

Result<void> check_sound(const std::string& path, SQLite::Database& db) {
    const auto verdict = db.execAndGet("PRAGMA quick_check(1)").getString();
    if (verdict == "ok") return {};
    return sqlite_failure(path, "open", SQLITE_CORRUPT, "its integrity check found: " + verdict);
}

Result<void> make_durable(const std::string& path, SQLite::Database& db) {
    if (db.execAndGet("PRAGMA journal_mode = WAL").getString() != "wal") {
        return refused(
            path, "open",
            "its file system has no shared memory (a network mount?). Fix: put storage.datadir on a "
            "local disk");
    }
    db.exec("PRAGMA synchronous = FULL");
    db.exec("PRAGMA foreign_keys = ON");
    return {};
}

Result<void> check_owner(const std::string& path, const char* what, const std::optional<std::string>& stored,
                         const std::string& wanted) {
    if (stored == wanted) return {};
    return refused(path, "open",
                   fmt::format("it belongs to {} {}, not {}; ledgers are never shared. Fix: use another "
                               "storage.datadir, or move the file away",
                               what, stored.value_or("(none)"), wanted));
}

std::optional<std::string> read_meta(const SQLite::Database& db, const std::string& key) {
    SQLite::Statement q(db, "SELECT value FROM meta WHERE key = ?");
    q.bind(1, key);
    if (!q.executeStep()) return std::nullopt;
    return q.getColumn(0).getString();
}

void write_meta(SQLite::Database& db, const std::string& key, const std::string& value) {
    SQLite::Statement q(db, "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)");
    q.bind(1, key);
    q.bind(2, value);
    q.exec();
}

Result<void> check_private_file(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) {
        if (errno == ENOENT) {
            return fail(
                Errc::not_found,
                fmt::format("no journal at {}: no keeper has run with this storage.datadir and mode", path));
        }
        return file_failure(path, "look at the file");
    }
    if (!S_ISREG(info.st_mode)) return refused(path, "open", "it is not a regular file. Fix: move it away");
    if (info.st_uid != ::geteuid()) {
        return refused(path, "open",
                       "it belongs to another user. Fix: run as that user, or use another datadir");
    }
    if ((info.st_mode & 0077) != 0) {
        return refused(
            path, "open",
            fmt::format("other users of this machine may read or write it (mode {:o}), and it holds signed "
                        "transactions. Fix: chmod 600 {}",
                        info.st_mode & 0777, path));
    }
    return {};
}

Result<void> claim_private_file(const std::string& path) {
    // Never opened and closed when it exists: closing any descriptor of the file would drop SQLite's own
    // locks.
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor >= 0) {
        ::close(descriptor);
        return {};
    }
    if (errno != EEXIST) return file_failure(path, "create the file");
    return check_private_file(path);
}

Result<WriterLock> WriterLock::acquire(const std::string& journal_path) {
    const auto path = journal_path + ".lock";
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return file_failure(journal_path, "create the lock file beside it");
    WriterLock lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        return refused(
            journal_path, "open",
            "busy: another keeper has it open. Fix: stop that one first (outrigger status shows it)");
    }
    return lock;
}

WriterLock::~WriterLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace outrigger::store
