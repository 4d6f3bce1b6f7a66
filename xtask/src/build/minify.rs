//! Takes out of hand-written files what no browser reads: comments, indentation, blank lines.

/// Style sheets: comments and every space that separates nothing.
pub(super) fn css(text: &str) -> String {
    let mut small = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
        } else if letter == '"' || letter == '\'' {
            let end = rest[1..].find(letter).map_or(rest.len(), |end| end + 2);
            small.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if letter.is_whitespace() {
            rest = rest.trim_start();
            let separates = |side: Option<char>| side.is_some_and(|side| !"{};,".contains(side));
            let before = small.chars().next_back();
            if separates(before) && before != Some(':') && separates(rest.chars().next()) {
                small.push(' ');
            }
        } else {
            if letter == '}' && small.ends_with(';') {
                small.pop();
            }
            small.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    small
}

/// Scripts of our own: they hold no text over several lines, so lines can be trimmed.
pub(super) fn js(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    join(lines.filter(|line| !line.is_empty() && !line.starts_with("//")))
}

/// Pages: indentation only, for a line break may be a space between two words.
pub(super) fn html(text: &str) -> String {
    join(text.lines().map(str::trim).filter(|line| !line.is_empty()))
}

fn join<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut small = String::new();
    for line in lines {
        small.push_str(line);
        small.push('\n');
    }
    small
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_keeps_what_separates_and_what_is_quoted() {
        let sheet = "/* why */\n.a > .b , .c::before {\n  content: \"a  { b\";\n  inset: calc(1px + 2px) 0;\n}\n";
        let expected = ".a > .b,.c::before{content:\"a  { b\";inset:calc(1px + 2px) 0}";
        assert_eq!(css(sheet), expected);
    }

    #[test]
    fn space_before_a_pseudo_class_is_kept() {
        assert_eq!(css(".a :focus { color : red }"), ".a :focus{color :red}");
    }

    #[test]
    fn script_loses_comments_but_not_addresses() {
        assert_eq!(js("// why\n  go('http://x');\n\n"), "go('http://x');\n");
    }
}
