//! Key presses as the browser wants them described.

use serde_json::{Value, json};

/// The events of a press such as `Enter`, `Escape`, `/` or `Control+K`, in order.
pub(crate) fn press(keys: &str) -> Vec<Value> {
    let (modifiers, key) = match keys.rsplit_once('+') {
        Some((modifiers, key)) if !key.is_empty() => (modifiers, key),
        _ => ("", keys),
    };
    // Input.dispatchKeyEvent: Alt 1, Control 2, Meta 4, Shift 8.
    let modifiers: u32 = modifiers
        .split('+')
        .map(|name| match name {
            "Alt" => 1,
            "Control" => 2,
            "Meta" => 4,
            "Shift" => 8,
            _ => 0,
        })
        .sum();
    let (code, number, text) = describe(key);
    let mut down = json!({
        "type": "keyDown", "key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers,
    });
    if let Some(text) = text.filter(|_| modifiers & !8 == 0) {
        down["text"] = text.into();
    }
    if modifiers == 2 && key.eq_ignore_ascii_case("a") {
        down["commands"] = json!(["selectAll"]);
    }
    let mut up = down.clone();
    up["type"] = "keyUp".into();
    vec![down, up]
}

/// A key's place on the keyboard, its number, and the text it types.
fn describe(key: &str) -> (String, u32, Option<String>) {
    let number = match key {
        "Backspace" => 8,
        "Tab" => 9,
        "Enter" => return (key.to_owned(), 13, Some("\r".to_owned())),
        "Escape" => 27,
        "End" => 35,
        "Home" => 36,
        "ArrowLeft" => 37,
        "ArrowUp" => 38,
        "ArrowRight" => 39,
        "ArrowDown" => 40,
        "Delete" => 46,
        _ => 0,
    };
    let letter = key.chars().next().filter(|_| key.chars().count() == 1);
    let Some(letter) = letter else {
        assert!(number > 0, "this keyboard has no key `{key}`");
        return (key.to_owned(), number, None);
    };
    let upper = letter.to_ascii_uppercase();
    let code = match letter {
        ' ' => "Space".to_owned(),
        _ if letter.is_ascii_digit() => format!("Digit{letter}"),
        _ if letter.is_ascii_alphabetic() => format!("Key{upper}"),
        _ => String::new(),
    };
    (code, u32::from(upper), Some(letter.to_string()))
}
