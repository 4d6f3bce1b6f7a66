//! Line icons, drawn on a grid of 22.

use leptos::prelude::*;

/// An icon of the page. Each stands beside a word or on a named button, so it is never read out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    Mark,
    Queue,
    Plus,
    Sync,
    Back,
    Close,
    Edit,
    More,
    Views,
    Search,
    Inbox,
    Person,
    Clip,
    File,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Self::Mark => "M11 2v9M11 11c0 4-3 4-5 8M11 11c0 4 3 4 5 8M11 11v8M11 6c2.5 0 4-1 5-3",
            Self::Queue => "M4 5h14v12H4zM4 12h4l1.5 2h3L14 12h4",
            Self::Plus => "M11 4v14M4 11h14",
            Self::Sync => {
                "M17.5 8A7 7 0 0 0 5 7.5L4 9M4 4.5V9h4.5M4.5 14A7 7 0 0 0 17 14.5l1-1.5M18 17.5V13h-4.5"
            }
            Self::Back => "M13.5 4.5 7 11l6.5 6.5",
            Self::Close => "M5 5l12 12M17 5 5 17",
            Self::Edit => "M4 18l1-4L14.5 4.5l3 3L8 17zM12.5 6.5l3 3",
            Self::More => {
                "M4 11a1 1 0 1 0 2 0 1 1 0 1 0-2 0M10 11a1 1 0 1 0 2 0 1 1 0 1 0-2 0M16 11a1 1 0 1 0 2 0 1 1 0 1 0-2 0"
            }
            Self::Views => "M4 6h14M4 11h14M4 16h8",
            Self::Search => "M10 4.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M14 14l4 4",
            Self::Person => {
                "M11 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M4.5 18c.8-3.4 3.3-5 6.5-5s5.7 1.6 6.5 5"
            }
            Self::Clip => {
                "M16.5 10.5 10 17a4 4 0 0 1-5.6-5.6l7-7a2.7 2.7 0 0 1 3.8 3.8l-6.7 6.7a1.3 1.3 0 0 1-1.9-1.9l6-6"
            }
            Self::File => "M6 3h7l4 4v12H6zM13 3v4h4",
            Self::Inbox => "M4 12 6 5h10l2 7v5H4zM4 12h4l1.5 2.5h3L14 12h4",
        }
    }
}

/// Draws an icon.
pub fn icon(icon: Icon) -> impl IntoView {
    view! {
        <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
            <path d=icon.path() />
        </svg>
    }
}
