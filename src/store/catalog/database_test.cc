// One contract for both drivers. The PostgreSQL half runs on a private server that lives as long as
// the test.
#include "store/catalog/database.h"

#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/subprocess.h"

namespace spotter::catalog {
namespace {

constexpr const char* kServerPrograms = "/usr/lib/postgresql/15/bin";

// A server on a Unix socket in a folder of its own; not started as root, which PostgreSQL refuses.
class Server {
 public:
  Server() {
    const std::filesystem::path programs = kServerPrograms;
    if (!std::filesystem::exists(programs / "initdb")) {
      problem_ = "PostgreSQL is not installed (package postgresql)";
      return;
    }
    if (::getuid() == 0) {
      const passwd* nobody = ::getpwnam("nobody");
      if (nobody == nullptr ||
          ::chown(folder_.path().c_str(), nobody->pw_uid, nobody->pw_gid) != 0) {
        problem_ = "there is no user to start PostgreSQL as";
        return;
      }
      prefix_ = {"setpriv", "--reuid=nobody", "--regid=" + std::to_string(nobody->pw_gid),
                 "--clear-groups"};
    }
    const auto log = (folder_.path() / "log").string();
    if (run({(programs / "initdb").string(), "-D", data(), "-U", "spotter", "-A", "trust",
             "--no-sync"}) != 0 ||
        run({(programs / "pg_ctl").string(), "-D", data(), "-l", log, "-w", "-o",
             "-c listen_addresses= -c fsync=off -k " + folder_.path().string(), "start"}) != 0) {
      problem_ = "PostgreSQL did not start: " + read_file(folder_.path() / "out");
    }
  }
  ~Server() {
    if (problem_.empty()) {
      run({std::string(kServerPrograms) + "/pg_ctl", "-D", data(), "-m", "immediate", "stop"});
    }
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] const std::string& problem() const { return problem_; }
  // An empty database.
  [[nodiscard]] std::string fresh() {
    const auto name = "d" + std::to_string(count_++);
    open_database(url("postgres"))->execute("CREATE DATABASE " + name);
    return url(name);
  }

 private:
  [[nodiscard]] std::string data() const { return (folder_.path() / "data").string(); }
  [[nodiscard]] std::string url(const std::string& name) const {
    return "postgresql:///" + name + "?user=spotter&host=" + folder_.path().string();
  }
  int run(std::vector<std::string> arguments) {
    auto all = prefix_;
    all.insert(all.end(), arguments.begin(), arguments.end());
    const auto out = folder_.path() / "out";
    return run_command({.arguments = all, .folder = "/", .stdout_file = out, .stderr_file = out})
        .exit_code;
  }
  TemporaryFolder folder_{"pg"};
  std::vector<std::string> prefix_;
  std::string problem_;
  int count_ = 0;
};

class CatalogContract : public testing::TestWithParam<const char*> {
 protected:
  static void TearDownTestSuite() { server().reset(); }
  void SetUp() override {
    if (std::string_view(GetParam()) == "sqlite") {
      url_ = "sqlite:" + (folder_.path() / "catalog.db").string();
    } else {
      if (!server()) {
        server() = std::make_unique<Server>();
      }
      if (!server()->problem().empty()) {
        const char* ci = std::getenv("CI");
        if (ci != nullptr && std::string_view(ci) == "true") {
          FAIL() << server()->problem();
        }
        GTEST_SKIP() << "skipped: " << server()->problem();
      }
      url_ = server()->fresh();
    }
    database_ = open_database(url_);
  }
  [[nodiscard]] ErrorCode code_of(const std::string& sql) {
    try {
      database_->execute(sql);
    } catch (const Error& e) {
      return e.code;
    }
    ADD_FAILURE() << "no error: " << sql;
    return ErrorCode::kInternal;
  }
  static std::unique_ptr<Server>& server() {
    static std::unique_ptr<Server> only;
    return only;
  }
  TemporaryFolder folder_;
  std::string url_;
  std::unique_ptr<Database> database_;
};

TEST_P(CatalogContract, ValuesComeBackAsTheyWere) {
  auto& db = *database_;
  EXPECT_EQ(db.driver(), GetParam());
  db.execute("CREATE TABLE t (k TEXT PRIMARY KEY, n BIGINT, d DOUBLE PRECISION)");
  const std::string text = "it's \"ä\" $1 ? \\ -- ;\n";
  EXPECT_EQ(db.execute("INSERT INTO t VALUES ($1, $2, $3)", {text, std::int64_t{1} << 62, 0.1}), 1);
  EXPECT_EQ(
      db.execute("INSERT INTO t VALUES ($1, $2, $3)", {"", std::monostate{}, std::monostate{}}), 1);
  const auto rows =
      db.query("SELECT k, n, d FROM t WHERE k = $1 OR $1 = 'all' ORDER BY k", {"all"});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].text(0), "");
  EXPECT_FALSE(rows[0].is_null(0));
  EXPECT_TRUE(rows[0].is_null(1));
  EXPECT_EQ(rows[0].integer(1), 0);
  EXPECT_EQ(rows[1].text(0), text);
  EXPECT_EQ(rows[1].integer(1), std::int64_t{1} << 62);
  EXPECT_EQ(rows[1].real(2), 0.1);
  EXPECT_EQ(db.query("SELECT count(*) FROM t")[0].integer(0), 2);
  EXPECT_EQ(db.query("SELECT sum(d) FROM t")[0].real(0), 0.1);
}

TEST_P(CatalogContract, UpsertsReturnAndCountWhatTheyChange) {
  auto& db = *database_;
  db.execute("CREATE TABLE t (k TEXT PRIMARY KEY, n BIGINT NOT NULL)");
  const char* upsert =
      "INSERT INTO t VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET n = excluded.n RETURNING n";
  EXPECT_EQ(db.query(upsert, {"a", std::int64_t{1}})[0].integer(0), 1);
  EXPECT_EQ(db.query(upsert, {"a", std::int64_t{5}})[0].integer(0), 5);
  EXPECT_EQ(db.execute("INSERT INTO t VALUES ($1, 9) ON CONFLICT (k) DO NOTHING", {"a"}), 0);
  db.execute("INSERT INTO t VALUES ('b', 2), ('c', 3)");
  EXPECT_EQ(db.execute("UPDATE t SET n = n + 1 WHERE n < $1", {std::int64_t{4}}), 2);
  EXPECT_EQ(db.execute("DELETE FROM t"), 3);
  EXPECT_EQ(db.execute("DELETE FROM t"), 0);
}

TEST_P(CatalogContract, ErrorsHaveTheirCodes) {
  database_->execute("CREATE TABLE t (k TEXT PRIMARY KEY, n BIGINT NOT NULL)");
  database_->execute("INSERT INTO t VALUES ('a', 1)");
  EXPECT_EQ(code_of("INSERT INTO t VALUES ('a', 2)"), ErrorCode::kConflict);
  EXPECT_EQ(code_of("INSERT INTO t VALUES ('b', NULL)"), ErrorCode::kConflict);
  EXPECT_EQ(code_of("SELEKT 1"), ErrorCode::kInternal);
  EXPECT_EQ(code_of("SELECT nothing FROM t"), ErrorCode::kInternal);
  EXPECT_EQ(database_->query("SELECT count(*) FROM t")[0].integer(0), 1);
}

TEST_P(CatalogContract, ATransactionIsAllOrNothing) {
  auto& db = *database_;
  db.execute("CREATE TABLE t (k TEXT PRIMARY KEY)");
  EXPECT_THROW(db.transaction([&] {
    db.execute("INSERT INTO t VALUES ('a')");
    db.transaction([&] { db.execute("INSERT INTO t VALUES ('b')"); });
    db.execute("INSERT INTO t VALUES ('a')");
  }),
               Error);
  EXPECT_EQ(db.query("SELECT count(*) FROM t")[0].integer(0), 0);
  db.transaction([&] {
    db.execute("INSERT INTO t VALUES ('a')");
    db.transaction([&] { db.execute("INSERT INTO t VALUES ('b')"); });
  });
  EXPECT_EQ(open_database(url_)->query("SELECT count(*) FROM t")[0].integer(0), 2);
}

TEST_P(CatalogContract, WritersTakeTurnsAndLoseNothing) {
  database_->execute("CREATE TABLE t (n BIGINT NOT NULL)");
  database_->execute("INSERT INTO t VALUES (0)");
  constexpr int kWriters = 3;
  constexpr std::int64_t kTimes = 30;
  std::vector<std::thread> writers;
  writers.reserve(kWriters);
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([this] {
      auto db = open_database(url_);
      for (std::int64_t i = 0; i < kTimes; ++i) {
        db->transaction([&] {
          const auto now = db->query("SELECT n FROM t")[0].integer(0);
          db->execute("UPDATE t SET n = $1", {now + 1});
        });
      }
    });
  }
  for (auto& writer : writers) {
    writer.join();
  }
  EXPECT_EQ(database_->query("SELECT n FROM t")[0].integer(0), kWriters * kTimes);
}

TEST_P(CatalogContract, ManyProcessesMigrateOnce) {
  std::vector<std::thread> openers;
  openers.reserve(3);
  for (int i = 0; i < 3; ++i) {
    openers.emplace_back([this] {
      auto db = open_database(url_);
      migrate(*db, {});
    });
  }
  for (auto& opener : openers) {
    opener.join();
  }
  EXPECT_EQ(schema_of(*database_), newest_schema());
  migrate(*database_, folder_.path() / "backups");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "backups"));
  EXPECT_EQ(database_->query("SELECT count(*) FROM cycles")[0].integer(0), 0);
}

TEST_P(CatalogContract, ANewerSchemaIsRefusedUntouched) {
  migrate(*database_, {});
  database_->execute("UPDATE meta SET value = '99' WHERE key = 'schema'");
  try {
    migrate(*database_, {});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code, ErrorCode::kInvalid);
    EXPECT_NE(std::string(e.what()).find("newer Spotter"), std::string::npos);
  }
  EXPECT_EQ(schema_of(*database_), 99);
}

INSTANTIATE_TEST_SUITE_P(Drivers, CatalogContract, testing::Values("sqlite", "postgres"),
                         [](const auto& chosen) { return std::string(chosen.param); });

TEST(Catalog, UrlsOfOtherDatabasesAreRefused) {
  EXPECT_THROW((void)open_database("mysql://x"), Error);
  try {
    (void)open_database("postgresql:///x?host=/nowhere&connect_timeout=1");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code, ErrorCode::kUnavailable);
  }
}

TEST(Catalog, ADamagedFileIsNamed) {
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "catalog.db", std::string(8192, 'x'));
  try {
    auto db = open_database("sqlite:" + (folder.path() / "catalog.db").string());
    (void)schema_of(*db);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code, ErrorCode::kCorrupt);
    EXPECT_NE(std::string(e.what()).find("catalog.db"), std::string::npos);
  }
}

}  // namespace
}  // namespace spotter::catalog
