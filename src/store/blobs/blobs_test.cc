// One contract for every blob store of the registry.
#include "store/blobs/blobs.h"

#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "store/blobs/registry.h"

namespace spotter::blobs {
namespace {

class BlobContract : public testing::TestWithParam<BlobStore> {
 protected:
  TemporaryFolder folder_;
  std::unique_ptr<Blobs> blobs_ = GetParam().open(folder_.path() / "blobs");
};

TEST_P(BlobContract, WhatGoesInComesOutByItsHash) {
  const std::string bytes("a\0b\xff", 4);
  const auto hash = blobs_->put(bytes);
  EXPECT_EQ(hash, sha256_hex(bytes));
  EXPECT_EQ(blobs_->put(bytes), hash);
  EXPECT_EQ(blobs_->get(hash, true), bytes);
  EXPECT_EQ(read_file(blobs_->local_path(hash)), bytes);
  EXPECT_TRUE(blobs_->has(hash));
  EXPECT_EQ(blobs_->get(blobs_->put("")), "");
}

TEST_P(BlobContract, AFileIsStoredLikeItsBytes) {
  std::string big(3'000'001, 'x');
  big[1'500'000] = '\n';
  write_file_atomic(folder_.path() / "big", big);
  const auto hash = blobs_->put_file(folder_.path() / "big");
  EXPECT_EQ(hash, sha256_hex(big));
  EXPECT_EQ(blobs_->get(hash, true), big);
  EXPECT_EQ(blobs_->put(big), hash);
  EXPECT_THROW(blobs_->put_file(folder_.path() / "absent"), Error);
}

TEST_P(BlobContract, NamesFromOutsideAreNoPaths) {
  for (const char* name : {"", "../../etc/passwd", "abc", "..", "ABCDEF"}) {
    EXPECT_FALSE(blobs_->has(name)) << name;
    EXPECT_THROW((void)blobs_->get(name), Error) << name;
    EXPECT_THROW((void)blobs_->local_path(name), Error) << name;
    blobs_->remove(name);
  }
  EXPECT_FALSE(blobs_->has(std::string(64, 'A')));
}

TEST_P(BlobContract, ListsInOrderAndForgetsWhatIsRemoved) {
  std::vector<std::string> hashes;
  for (int i = 0; i < 20; ++i) {
    hashes.push_back(blobs_->put(std::to_string(i)));
  }
  std::sort(hashes.begin(), hashes.end());
  std::vector<std::string> listed;
  blobs_->list([&](std::string_view hash, std::uintmax_t bytes) {
    listed.emplace_back(hash);
    EXPECT_GE(bytes, 1U);
  });
  EXPECT_EQ(listed, hashes);
  blobs_->remove(hashes[3]);
  blobs_->remove(hashes[3]);
  EXPECT_FALSE(blobs_->has(hashes[3]));
  EXPECT_THROW((void)blobs_->get(hashes[3]), Error);
}

TEST_P(BlobContract, ManyThreadsPutTheSameBytes) {
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < 50; ++i) {
        (void)blobs_->put(std::to_string(i));
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  std::size_t count = 0;
  blobs_->list([&](std::string_view, std::uintmax_t) { ++count; });
  EXPECT_EQ(count, 50U);
}

INSTANTIATE_TEST_SUITE_P(Registry, BlobContract, testing::ValuesIn(all_blob_stores()),
                         [](const auto& chosen) { return std::string(chosen.param.name); });

TEST(LocalBlobs, ChangedBytesAreFoundAndMendedByAnotherPut) {
  const TemporaryFolder folder;
  auto blobs = open_local(folder.path());
  const auto hash = blobs->put("what was stored");
  write_file_atomic(blobs->local_path(hash), "cut");
  EXPECT_THROW((void)blobs->get(hash, true), Error);
  EXPECT_EQ(blobs->put("what was stored"), hash);
  EXPECT_EQ(blobs->get(hash, true), "what was stored");
}

}  // namespace
}  // namespace spotter::blobs
