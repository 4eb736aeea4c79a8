#include "loader/elf_exports.hpp"

#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <utility>

namespace drover {
namespace {

#if defined(__x86_64__)
constexpr std::uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t kMachine = EM_AARCH64;
#elif defined(__riscv)
constexpr std::uint16_t kMachine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr std::uint16_t kMachine = EM_PPC64;
#elif defined(__s390x__)
constexpr std::uint16_t kMachine = EM_S390;
#else
#error "add this architecture's ELF machine number"
#endif
constexpr unsigned char kData = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

// No driver's symbol tables come near it; a damaged size does.
constexpr std::uint64_t kMaxTableBytes = 256U << 20;

std::string machine_name(std::uint16_t machine) {
    switch (machine) {
    case EM_X86_64:
        return "x86-64";
    case EM_AARCH64:
        return "AArch64";
    case EM_386:
        return "32-bit x86";
    case EM_ARM:
        return "32-bit ARM";
    case EM_RISCV:
        return "RISC-V";
    case EM_PPC64:
        return "PowerPC 64";
    case EM_S390:
        return "S/390";
    default:
        return fmt::format("machine number {}", machine);
    }
}

class ElfFile {
public:
    ElfFile(const std::filesystem::path &file, UniqueFd fd, std::uint64_t size)
        : file_(file), fd_(std::move(fd)), size_(size) {}

    Result<std::vector<ExportedSymbol>> exports() {
        for (auto step : {&ElfFile::read_header, &ElfFile::check_segments, &ElfFile::read_sections}) {
            if (auto error = (this->*step)())
                return fail(std::move(*error));
        }
        return read_symbols();
    }

private:
    using Problem = std::optional<Error>;

    [[nodiscard]] Error refuse(std::string_view why) const {
        return Error{.code = Code::invalid, .message = fmt::format("{} {}", file_.native(), why)};
    }
    [[nodiscard]] Error damaged(std::string_view what) const {
        return refuse(fmt::format("is truncated or damaged: {}; install the driver again", what));
    }

    [[nodiscard]] bool inside(std::uint64_t offset, std::uint64_t bytes) const {
        return offset <= size_ && bytes <= size_ - offset;
    }

    // The range was checked to be inside; a short read means that the file changed meanwhile.
    bool read_at(std::uint64_t offset, void *to, std::size_t bytes) const {
        auto *at = static_cast<char *>(to);
        while (bytes > 0) {
            const ssize_t got = ::pread(fd_.get(), at, bytes, static_cast<off_t>(offset));
            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0)
                return false;
            at += got;
            offset += static_cast<std::uint64_t>(got);
            bytes -= static_cast<std::size_t>(got);
        }
        return true;
    }

    template <typename Row>
    Problem read_rows(std::uint64_t offset, std::uint64_t count, const char *what,
                      std::vector<Row> &rows) const {
        if (count > kMaxTableBytes / sizeof(Row) || !inside(offset, count * sizeof(Row)))
            return damaged(fmt::format("its {} reaches past the end of the file", what));
        rows.resize(count);
        if (!read_at(offset, rows.data(), count * sizeof(Row)))
            return damaged(fmt::format("its {} cannot be read", what));
        return std::nullopt;
    }

    Problem read_header() {
        std::array<unsigned char, EI_NIDENT> ident{};
        if (size_ < ident.size() || !read_at(0, ident.data(), ident.size()) ||
            std::memcmp(ident.data(), ELFMAG, SELFMAG) != 0)
            return refuse("is not an ELF shared object: a driver is a .so built for this machine");
        if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != kData) {
            // The machine lies at the same place in every class; only its byte order differs.
            std::uint16_t machine = 0;
            if (!inside(offsetof(Elf64_Ehdr, e_machine), sizeof machine) ||
                !read_at(offsetof(Elf64_Ehdr, e_machine), &machine, sizeof machine))
                return damaged("its header is incomplete");
            if (ident[EI_DATA] != kData)
                machine = static_cast<std::uint16_t>(machine << 8 | machine >> 8);
            return wrong_architecture(machine, ident[EI_CLASS] == ELFCLASS32 ? " (a 32-bit file)" : "");
        }
        if (!inside(0, sizeof header_) || !read_at(0, &header_, sizeof header_))
            return damaged("its header is incomplete");
        if (header_.e_machine != kMachine)
            return wrong_architecture(header_.e_machine, "");
        if (header_.e_type != ET_DYN) {
            return refuse(fmt::format("is not an ELF shared object but {}: link the driver with -shared",
                                      header_.e_type == ET_EXEC  ? "a program"
                                      : header_.e_type == ET_REL ? "an object file"
                                      : header_.e_type == ET_CORE
                                          ? "a core file"
                                          : fmt::format("of ELF type {}", header_.e_type)));
        }
        return std::nullopt;
    }

    [[nodiscard]] Error wrong_architecture(std::uint16_t machine, std::string_view detail) const {
        return refuse(fmt::format("has the wrong architecture: it is built for {}{}, this agent runs on {}",
                                  machine_name(machine), detail, machine_name(kMachine)));
    }

    // dlopen maps what the headers say; a page past the end of the file is a SIGBUS at its first use.
    Problem check_segments() {
        if (header_.e_phentsize != sizeof(Elf64_Phdr) || header_.e_phnum == 0)
            return damaged("it has no program headers");
        std::vector<Elf64_Phdr> segments;
        if (auto error = read_rows(header_.e_phoff, header_.e_phnum, "program header table", segments))
            return error;
        bool dynamic = false;
        for (const Elf64_Phdr &segment : segments) {
            dynamic = dynamic || segment.p_type == PT_DYNAMIC;
            if ((segment.p_type == PT_LOAD || segment.p_type == PT_DYNAMIC) &&
                !inside(segment.p_offset, segment.p_filesz))
                return damaged("a segment reaches past the end of the file");
        }
        if (!dynamic)
            return damaged("it has no dynamic section");
        return std::nullopt;
    }

    Problem read_sections() {
        if (header_.e_shoff == 0 || header_.e_shentsize != sizeof(Elf64_Shdr))
            return damaged("it has no section table (stripped with more than strip?)");
        std::uint64_t count = header_.e_shnum;
        if (count == 0) { // more than fit into e_shnum: the first section tells
            std::vector<Elf64_Shdr> first;
            if (auto error = read_rows(header_.e_shoff, 1, "section table", first))
                return error;
            count = first.front().sh_size;
        }
        return read_rows(header_.e_shoff, count, "section table", sections_);
    }

    Result<std::vector<ExportedSymbol>> read_symbols() const {
        std::vector<ExportedSymbol> exports;
        std::uint64_t name_bytes = 0;
        bool has_table = false;
        for (const Elf64_Shdr &section : sections_) {
            if (section.sh_type != SHT_DYNSYM)
                continue;
            // There is one. Thousands that share their bytes would keep us reading for hours.
            if (std::exchange(has_table, true))
                return fail(damaged("it has two dynamic symbol tables"));
            if (section.sh_entsize != sizeof(Elf64_Sym) || section.sh_link >= sections_.size())
                return fail(damaged("its symbol table is malformed"));
            const Elf64_Shdr &names_section = sections_[section.sh_link];
            std::vector<Elf64_Sym> symbols;
            std::vector<char> names;
            if (auto error = read_rows(section.sh_offset, section.sh_size / sizeof(Elf64_Sym), "symbol table",
                                       symbols))
                return fail(std::move(*error));
            if (auto error = read_rows(names_section.sh_offset, names_section.sh_size, "string table", names))
                return fail(std::move(*error));
            for (const Elf64_Sym &symbol : symbols) {
                if (!is_exported(symbol))
                    continue;
                if (symbol.st_name >= names.size())
                    return fail(damaged("a symbol's name lies outside the string table"));
                const std::string_view rest(names.data() + symbol.st_name, names.size() - symbol.st_name);
                const std::size_t end = rest.find('\0');
                if (end == std::string_view::npos)
                    return fail(damaged("a symbol's name has no end"));
                // So would names that all end where the longest one does.
                name_bytes += end;
                if (name_bytes > kMaxTableBytes)
                    return fail(damaged("the names of its symbols are too long"));
                const unsigned type = ELF64_ST_TYPE(symbol.st_info);
                exports.push_back(ExportedSymbol{.name = std::string(rest.substr(0, end)),
                                                 .is_function = type == STT_FUNC || type == STT_GNU_IFUNC});
            }
        }
        return exports;
    }

    static bool is_exported(const Elf64_Sym &symbol) {
        const unsigned binding = ELF64_ST_BIND(symbol.st_info);
        const unsigned visibility = ELF64_ST_VISIBILITY(symbol.st_other);
        // SHN_ABS are the names of version nodes, not code or data.
        return symbol.st_name != 0 && symbol.st_shndx != SHN_UNDEF && symbol.st_shndx != SHN_ABS &&
               (binding == STB_GLOBAL || binding == STB_WEAK || binding == STB_GNU_UNIQUE) &&
               (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
    }

    const std::filesystem::path &file_;
    UniqueFd fd_;
    std::uint64_t size_;
    Elf64_Ehdr header_{};
    std::vector<Elf64_Shdr> sections_;
};

} // namespace

Result<std::vector<ExportedSymbol>> read_exports(const std::filesystem::path &file) {
    // O_NONBLOCK: a FIFO must not hold us up.
    UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd)
        return fail_errno(errno, fmt::format("{} cannot be opened", file.native()));
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0)
        return fail_errno(errno, fmt::format("{} cannot be examined", file.native()));
    if (!S_ISREG(status.st_mode))
        return fail(Code::invalid, fmt::format("{} is not a regular file: a driver is a .so", file.native()));
    return ElfFile(file, std::move(fd), static_cast<std::uint64_t>(status.st_size)).exports();
}

} // namespace drover
