// Text to tree: a recursive-descent parser with places in its messages.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "project/filter_ast.h"

namespace spotter {
namespace {

constexpr int kDepthMax = 100;
constexpr std::array kColumns = {"key",    "source", "sequence",    "frame",    "width",
                                 "height", "media",  "captured_at", "file_name"};

using Node = Filter::Node;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::unique_ptr<Node> all() {
    skip();
    if (place_ == text_.size()) {
      return std::make_unique<Node>();
    }
    auto node = either(0);
    if (place_ != text_.size()) {
      expected("AND, OR or the end");
    }
    return node;
  }

 private:
  [[noreturn]] void expected(std::string_view what) const {
    fail(ErrorCode::kInvalid,
         fmt::format(
             "the filter is wrong at character {}: expected {}, found {}: {}", place_ + 1, what,
             place_ == text_.size() ? "the end" : fmt::format("\"{}\"", text_.substr(place_, 12)),
             text_));
  }

  void skip() {
    while (place_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[place_])) != 0) {
      ++place_;
    }
  }

  bool symbol(std::string_view s) {
    if (!text_.substr(place_).starts_with(s)) {
      return false;
    }
    place_ += s.size();
    skip();
    return true;
  }

  static bool name_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
  }

  // The next word, without taking it.
  [[nodiscard]] std::string_view peek() const {
    std::size_t end = place_;
    while (end < text_.size() && name_character(text_[end])) {
      ++end;
    }
    return text_.substr(place_, end - place_);
  }

  bool keyword(std::string_view word) {
    if (to_lower(peek()) != word) {
      return false;
    }
    place_ += word.size();
    skip();
    return true;
  }

  std::unique_ptr<Node> join(Node::Kind kind, std::unique_ptr<Node> left,
                             std::unique_ptr<Node> right) {
    if (left->kind != kind) {
      auto node = std::make_unique<Node>();
      node->kind = kind;
      node->children.push_back(std::move(left));
      left = std::move(node);
    }
    left->children.push_back(std::move(right));
    return left;
  }

  std::unique_ptr<Node> either(int depth) {
    auto node = both(depth);
    while (keyword("or")) {
      node = join(Node::Kind::kOr, std::move(node), both(depth));
    }
    return node;
  }

  std::unique_ptr<Node> both(int depth) {
    auto node = term(depth);
    while (keyword("and")) {
      node = join(Node::Kind::kAnd, std::move(node), term(depth));
    }
    return node;
  }

  std::unique_ptr<Node> term(int depth) {
    if (depth > kDepthMax) {
      expected("fewer parentheses");
    }
    if (keyword("not")) {
      auto node = std::make_unique<Node>();
      node->kind = Node::Kind::kNot;
      node->children.push_back(term(depth + 1));
      return node;
    }
    if (symbol("(")) {
      auto node = either(depth + 1);
      if (!symbol(")")) {
        expected("\")\"");
      }
      return node;
    }
    return condition();
  }

  std::unique_ptr<Node> condition() {
    auto node = std::make_unique<Node>();
    if (keyword("true")) {
      return node;
    }
    if (keyword("false")) {
      node->kind = Node::Kind::kNot;
      node->children.push_back(std::make_unique<Node>());
      return node;
    }
    node->field = field();
    if (keyword("is")) {
      return null_test(std::move(node));
    }
    const bool negated = keyword("not");
    if (keyword("in")) {
      node->kind = Node::Kind::kIn;
      list(*node);
    } else if (keyword("like")) {
      node->kind = Node::Kind::kLike;
      node->values.push_back(value());
      if (!std::holds_alternative<std::string>(node->values[0])) {
        expected("a text in quotes after LIKE");
      }
    } else if (negated) {
      expected("IN or LIKE");
    } else {
      comparison(*node);
    }
    return negated ? negate(std::move(node)) : std::move(node);
  }

  static std::unique_ptr<Node> negate(std::unique_ptr<Node> child) {
    auto node = std::make_unique<Node>();
    node->kind = Node::Kind::kNot;
    node->children.push_back(std::move(child));
    return node;
  }

  std::unique_ptr<Node> null_test(std::unique_ptr<Node> node) {
    const bool negated = keyword("not");
    if (!keyword("null")) {
      expected("NULL");
    }
    node->kind = Node::Kind::kIsNull;
    return negated ? negate(std::move(node)) : std::move(node);
  }

  // A name alone means that it is true: "flagged AND night".
  void comparison(Node& node) {
    node.kind = Node::Kind::kCompare;
    for (const char* op : {"<=", ">=", "!=", "<>", "==", "=", "<", ">"}) {
      if (symbol(op)) {
        node.op = std::string_view(op) == "<>" ? "!=" : std::string_view(op) == "==" ? "=" : op;
        node.values.push_back(value());
        return;
      }
    }
    const auto next = to_lower(peek());
    if (place_ == text_.size() || text_[place_] == ')' || next == "and" || next == "or") {
      node.op = "=";
      node.values.emplace_back(true);
      return;
    }
    expected("a comparison such as = or <");
  }

  void list(Node& node) {
    if (!symbol("(")) {
      expected("\"(\" after IN");
    }
    do {
      node.values.push_back(value());
    } while (symbol(","));
    if (!symbol(")")) {
      expected("\",\" or \")\"");
    }
  }

  Field field() {
    const auto word = peek();
    if (word.empty() || std::isdigit(static_cast<unsigned char>(word.front())) != 0) {
      expected("a name");
    }
    place_ += word.size();
    skip();
    return field_named(std::string(word));
  }

  Field field_named(const std::string& word) const {
    const auto dot = word.find('.');
    const std::string head = word.substr(0, dot);
    const std::string rest = dot == std::string::npos ? "" : word.substr(dot + 1);
    if (dot != std::string::npos) {
      if (rest.empty() || rest.find('.') != std::string::npos) {
        expected(fmt::format("one name after \"{}.\"", head));
      }
      if (head == "label" || head == "prediction" || head == "attributes") {
        return {head == "label"        ? FieldKind::kLabel
                : head == "prediction" ? FieldKind::kPrediction
                                       : FieldKind::kAttribute,
                rest};
      }
      static const std::vector<std::string> kPrefixes = {"label", "prediction", "attributes"};
      fail(ErrorCode::kInvalid, fmt::format("the filter is wrong: \"{}\" has no parts{}: {}", head,
                                            did_you_mean(head, kPrefixes), text_));
    }
    if (word == "flagged") {
      return {FieldKind::kFlagged, word};
    }
    if (word == "labelled") {
      return {FieldKind::kLabelled, word};
    }
    if (word == "version") {
      return {FieldKind::kVersion, word};
    }
    if (word == "split") {
      return {FieldKind::kSplit, word};
    }
    const bool column = std::find(kColumns.begin(), kColumns.end(), word) != kColumns.end();
    return {column ? FieldKind::kColumn : FieldKind::kAttribute, word};
  }

  FilterValue value() {
    if (place_ < text_.size() && (text_[place_] == '\'' || text_[place_] == '"')) {
      return quoted_text(text_[place_]);
    }
    if (keyword("true")) {
      return true;
    }
    if (keyword("false")) {
      return false;
    }
    double number = 0;
    const char* begin = text_.data() + place_;
    const auto result = std::from_chars(begin, text_.data() + text_.size(), number);
    if (result.ec != std::errc{}) {
      expected("a number, true, false or a text in quotes");
    }
    place_ += static_cast<std::size_t>(result.ptr - begin);
    skip();
    return number;
  }

  std::string quoted_text(char quote) {
    std::string out;
    for (std::size_t i = place_ + 1; i < text_.size(); ++i) {
      if (text_[i] != quote) {
        out += text_[i];
      } else if (i + 1 < text_.size() && text_[i + 1] == quote) {
        out += text_[i++];
      } else {
        place_ = i + 1;
        skip();
        return out;
      }
    }
    expected("a closing quote");
  }

  std::string_view text_;
  std::size_t place_ = 0;
};

}  // namespace

std::unique_ptr<Filter::Node> parse_filter(std::string_view text) {
  if (!valid_utf8(text)) {
    fail(ErrorCode::kInvalid, "the filter is not UTF-8 text");
  }
  return Parser(text).all();
}

bool mentions(const Filter::Node& node, FieldKind kind) {
  const bool leaf = node.children.empty() && node.kind != Node::Kind::kTrue;
  return (leaf && node.field.kind == kind) ||
         std::any_of(node.children.begin(), node.children.end(),
                     [&](const auto& child) { return mentions(*child, kind); });
}

}  // namespace spotter
