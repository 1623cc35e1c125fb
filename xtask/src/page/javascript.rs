//! JavaScript without what only people read.

/// Without blank lines, the space before lines, and comments that have lines of their own. Line
/// ends stay, for wasm-bindgen's glue relies on semicolons being inserted there. Neither it nor our
/// own scripts have texts over several lines, so that no text is touched.
pub(super) fn without_margins(script: &str) -> String {
    let mut out = String::with_capacity(script.len());
    let mut in_comment = false;
    for line in script.lines().map(str::trim) {
        in_comment |= line.starts_with("/*");
        if !in_comment && !line.is_empty() && !line.starts_with("//") {
            out.push_str(line);
            out.push('\n');
        }
        in_comment &= !line.ends_with("*/");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_go_and_code_stays() {
        let script =
            "/**\n * Adds.\n */\nfunction a() {\n    // why\n    return 1 /* one */;\n\n}\n";
        assert_eq!(
            without_margins(script),
            "function a() {\nreturn 1 /* one */;\n}\n"
        );
    }
}
