// yaml-cpp calls an event handler for each piece of the document; the handler below builds the tree. Errors
// of yaml-cpp are exceptions, and so are ours while it runs: both end at parse_yaml.
#include "core/config/yaml_tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <map>
#include <optional>
#include <set>
#include <streambuf>

namespace drover {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxNodes = 10'000;

unsigned from_zero(int number) {
    return number < 0 ? 0 : static_cast<unsigned>(number) + 1;
}

SourcePosition position_of(const YAML::Mark &mark) {
    return {from_zero(mark.line), from_zero(mark.column)};
}

struct TreeError : std::exception {
    explicit TreeError(YamlError e) : error(std::move(e)) {}
    YamlError error;
};

[[noreturn]] void refuse(const YAML::Mark &mark, std::string message) {
    throw TreeError({position_of(mark), std::move(message)});
}

std::size_t count_nodes(const YamlNode &node) {
    std::size_t count = 1;
    for (const auto &item : node.items)
        count += count_nodes(item);
    for (const auto &entry : node.entries)
        count += count_nodes(entry.key) + count_nodes(entry.value);
    return count;
}

class TreeBuilder : public YAML::EventHandler {
public:
    void OnDocumentStart(const YAML::Mark &) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark &mark, YAML::anchor_t anchor) override {
        start(YamlNode::Shape::null, mark, "", anchor);
        end();
    }

    void OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                  const std::string &value) override {
        start(YamlNode::Shape::scalar, mark, tag, anchor);
        open_.back().node.text = SecretText(value);
        end();
    }

    void OnAlias(const YAML::Mark &mark, YAML::anchor_t anchor) override {
        const auto found = anchored_.find(anchor);
        if (found == anchored_.end())
            refuse(mark, "an alias stands inside the very thing that it refers to");
        count(mark, count_nodes(found->second));
        if (open_.size() + depth(found->second) > kMaxDepth)
            refuse_depth(mark);
        YamlNode copy = found->second;
        copy.position = position_of(mark);
        add(std::move(copy));
    }

    void OnSequenceStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        start(YamlNode::Shape::list, mark, tag, anchor);
    }
    void OnSequenceEnd() override { end(); }

    void OnMapStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        start(YamlNode::Shape::mapping, mark, tag, anchor);
    }
    void OnMapEnd() override { end(); }

    YamlNode take() { return std::move(root_); }
    // Of the last piece that was read.
    [[nodiscard]] SourcePosition last_position() const { return last_; }

private:
    struct Open {
        YamlNode node;
        YAML::anchor_t anchor = 0;
        YamlNode key;
        bool has_key = false;
    };

    [[noreturn]] static void refuse_depth(const YAML::Mark &mark) {
        refuse(mark, fmt::format("nested more than {} levels deep", kMaxDepth));
    }

    static std::size_t depth(const YamlNode &node) {
        std::size_t deepest = 0;
        for (const auto &item : node.items)
            deepest = std::max(deepest, depth(item));
        for (const auto &entry : node.entries)
            deepest = std::max({deepest, depth(entry.key), depth(entry.value)});
        return deepest + 1;
    }

    void count(const YAML::Mark &mark, std::size_t nodes) {
        nodes_ += nodes;
        if (nodes_ > kMaxNodes)
            refuse(mark, fmt::format("more than {} values, aliases included", kMaxNodes));
    }

    void start(YamlNode::Shape shape, const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor) {
        static const std::set<std::string, std::less<>> kPlainTags = {
            "",
            "?",
            "!",
            "tag:yaml.org,2002:str",
            "tag:yaml.org,2002:int",
            "tag:yaml.org,2002:float",
            "tag:yaml.org,2002:bool",
            "tag:yaml.org,2002:null",
            "tag:yaml.org,2002:seq",
            "tag:yaml.org,2002:map",
        };
        if (!kPlainTags.contains(tag)) {
            refuse(mark,
                   "a YAML tag (a word that starts with '!') has no meaning here; remove it, or quote the "
                   "value if it starts with '!'");
        }
        if (open_.size() >= kMaxDepth)
            refuse_depth(mark);
        count(mark, 1);
        last_ = position_of(mark);
        Open opened;
        opened.node.shape = shape;
        opened.node.position = position_of(mark);
        opened.anchor = anchor;
        open_.push_back(std::move(opened));
    }

    void end() {
        Open closed = std::move(open_.back());
        open_.pop_back();
        if (closed.anchor != YAML::NullAnchor)
            anchored_[closed.anchor] = closed.node;
        add(std::move(closed.node));
    }

    void add(YamlNode node) {
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open &parent = open_.back();
        if (parent.node.shape == YamlNode::Shape::list) {
            parent.node.items.push_back(std::move(node));
        } else if (!parent.has_key) {
            parent.key = std::move(node);
            parent.has_key = true;
        } else {
            parent.node.entries.push_back({std::move(parent.key), std::move(node)});
            parent.key = {};
            parent.has_key = false;
        }
    }

    std::vector<Open> open_;
    std::map<YAML::anchor_t, YamlNode> anchored_;
    YamlNode root_;
    SourcePosition last_;
    std::size_t nodes_ = 0;
};

// Reads the caller's text, so that no second copy with its secrets is made, and then a comment: yaml-cpp
// overlooks that a quotation mark is still open when the text ends with a line break.
class TextBuffer : public std::streambuf {
public:
    explicit TextBuffer(std::string_view text) { show(text); }

protected:
    int_type underflow() override {
        if (at_end_)
            return traits_type::eof();
        at_end_ = true;
        show("\n# end");
        return traits_type::to_int_type(*gptr());
    }

private:
    void show(std::string_view text) {
        char *begin = const_cast<char *>(text.data()); // NOLINT: streambuf's interface; it is only read
        setg(begin, begin, begin + text.size());
    }

    bool at_end_ = false;
};

// A tab in the indentation confuses YAML into unrelated complaints, so it is named first.
std::optional<SourcePosition> tab_in_indentation(std::string_view text, unsigned last_line) {
    unsigned line = 1;
    while (!text.empty() && line <= last_line) {
        const auto end = text.find('\n');
        const auto row = text.substr(0, end);
        const auto first = row.find_first_not_of(" \t");
        const auto tab = row.find('\t');
        if (first != std::string_view::npos && row[first] != '#' && tab < first)
            return SourcePosition{line, static_cast<unsigned>(tab) + 1};
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++line;
    }
    return std::nullopt;
}

// yaml-cpp's words are those of its scanner; for the common mistakes these say what to look for.
std::string plain_words(const std::string &words) {
    static const std::map<std::string, std::string, std::less<>> kPlain = {
        {"illegal map value",
         "a key that does not line up with its neighbours, or a value with ': ' in it that "
         "needs quotation marks"},
        {"end of map not found",
         "a line that does not line up with its neighbours, or text after a closing quotation mark"},
        {"end of sequence not found", "a line that does not line up with the list before it"},
        {"end of map flow not found", "a { is not closed before this place"},
        {"end of sequence flow not found", "a [ is not closed before this place"},
        {"unknown escape character",
         "a backslash that means nothing there; write it in single quotes, where it stands for itself"},
        {"illegal flow end", "a closing bracket without its opening one"},
        {"the referenced anchor is not defined",
         "an alias (*NAME) without its anchor (&NAME) before it; quote the value if it starts with '*'"},
    };
    // What yaml-cpp appends after a colon is from the text, perhaps from a password.
    const auto fixed = words.substr(0, words.find(": "));
    const auto found = kPlain.find(fixed);
    return "not valid YAML: " + (found == kPlain.end() ? fixed : found->second);
}

YamlError explain(std::string_view text, const YAML::Exception &error, SourcePosition last_read) {
    if (error.msg ==
        "illegal EOF in scalar") { // the mark is the end of the file, where nothing is to be seen
        const SourcePosition begin = last_read.line == 0 ? SourcePosition{1, 1} : last_read;
        return {begin, "not valid YAML: a quotation mark that is opened here, or after it, is never closed"};
    }
    const auto at = position_of(error.mark);
    if (const auto tab = tab_in_indentation(text, at.line))
        return {*tab, "a tab in the indentation; YAML allows only blanks there"};
    return {at, plain_words(error.msg)};
}

} // namespace

std::string_view to_string(YamlNode::Shape shape) noexcept {
    switch (shape) {
    case YamlNode::Shape::null:
        return "nothing";
    case YamlNode::Shape::scalar:
        return "text";
    case YamlNode::Shape::list:
        return "a list";
    case YamlNode::Shape::mapping:
        return "a mapping";
    }
    return "nothing";
}

tl::expected<YamlNode, YamlError> parse_yaml(std::string_view text) {
    TreeBuilder builder;
    try {
        TextBuffer buffer(text);
        std::istream stream(&buffer);
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(builder))
            return YamlNode{};
        YamlNode root = builder.take();
        TreeBuilder second;
        if (parser.HandleNextDocument(second))
            return tl::unexpected(YamlError{second.take().position, "a second YAML document; expected one"});
        return root;
    } catch (const TreeError &error) {
        return tl::unexpected(error.error);
    } catch (const YAML::Exception &error) {
        return tl::unexpected(explain(text, error, builder.last_position()));
    }
}

} // namespace drover
