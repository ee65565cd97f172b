//! A long script, such as people write: functions, loops, cases, here-documents, quotes, expansions, pipelines, comments.

use std::fmt::Write;

/// A script of at least that many bytes, of whole commands. Only what POSIX has: every shell can read it.
pub fn of_bytes(size: usize) -> Vec<u8> {
    let mut text = String::from("#!/bin/sh\nset -eu\n");
    let mut number = 0;
    while text.len() < size {
        number += 1;
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            r#"
# Step {number}: what is needed for target {number}, and who asked for it.
prepare_{number}() {{
    dir=${{1:-/tmp/work-{number}}} count=$(( {number} * 3 + ${{2:-0}} ))
    if [ ! -d "$dir" ] && mkdir -p "$dir"; then
        echo "made $dir for $(basename "$0")" >&2
    elif test -n "${{VERBOSE-}}"; then
        printf '%s: %d entries\n' "$dir" "$count"
    else
        return 1
    fi
    for file in "$dir"/*.txt ./part-[0-9]*.dat; do
        case $file in
            *.txt | *.text) wc -l < "$file" | tr -d ' ' ;;
            */part-0*) continue ;;
            *) cp "$file" "${{file%.*}}.bak" 2>/dev/null || : ;;
        esac
    done
    while read -r name value; do
        [ "$name" = 'end of list' ] && break
        sum=$((sum + value)); export name="${{name#prefix_}}"
    done <<EOF
first_{number} $count
second `expr {number} + 1`
EOF
    cat > "$dir/config" <<'END'
path=$HOME/not/expanded
END
    grep -v '^#' "$dir/config" | sort -u | (cd /; sed -e 's/a/b/g' -e "s|$dir|.|") > "$dir/out" 2>&1
}}
prepare_{number} "/tmp/x y/{number}" {number} || {{ echo "step {number} failed: $?"; status=1; }}
"#
        );
    }
    text.into_bytes()
}
