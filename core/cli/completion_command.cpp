// drover completion bash|zsh|fish: prints the script for a shell.
#include "core/cli/commands.hpp"

#include <CLI/Validators.hpp>

namespace drover::cli {
namespace {

constexpr const char *kBash = R"(# drover completion for bash
_drover() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            compopt -o filenames
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2")
        else
            COMPREPLY+=("$line")
        fi
    done < <("$1" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _drover drover
)";

constexpr const char *kZsh = R"(#compdef drover
# drover completion for zsh
_drover() {
    local -a found
    found=("${(@f)$(${words[1]} __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ ${found[1]} == :files ]]; then
        _files
    elif [[ -n ${found[1]} ]]; then
        compadd -- "${found[@]}"
    fi
}
if [[ ${funcstack[1]} == _drover ]]; then
    _drover "$@"
else
    compdef _drover drover
fi
)";

constexpr const char *kFish = R"(# drover completion for fish
function __drover_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] "$typed" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$typed"
        else
            echo $line
        end
    end
end
complete -c drover -f -a '(__drover_complete)'
)";

struct CompletionOptions {
    std::string shell;
};

} // namespace

void add_completion_command(CLI::App &app, Action &chosen) {
    add_command<CompletionOptions>(
        app, chosen, "completion", "Print the completion script of a shell",
        "  source <(drover completion bash)\n"
        "  drover completion bash > /etc/bash_completion.d/drover\n"
        "  drover completion zsh > \"${fpath[1]}/_drover\"\n"
        "  drover completion fish > ~/.config/fish/completions/drover.fish",
        [](CLI::App &command, CompletionOptions &options) {
            command.add_option("shell", options.shell, "bash, zsh or fish")
                ->required()
                ->type_name("SHELL")
                ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""));
        },
        [](Context &context, const CompletionOptions &options) {
            context.out() << (options.shell == "bash" ? kBash : options.shell == "zsh" ? kZsh : kFish);
            return Exit::ok;
        });
}

} // namespace drover::cli
