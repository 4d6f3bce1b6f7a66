//! The bounds of files on an incident.

use crate::incidents::attachments::{
    ATTACHED_BYTES_MAX, ATTACHMENTS_MAX, Attachment, FILE_BYTES_MAX, THUMBNAIL_BYTES_MAX,
};
use crate::incidents::{Incident, Intent, Refused};

use super::work::{count, moment, within};
use super::{NAME_BYTES_MAX, required};

pub(super) fn attachment(file: &Attachment) -> Result<(), Refused> {
    required("name", &file.name, NAME_BYTES_MAX)?;
    within("size", file.bytes, (1, FILE_BYTES_MAX))?;
    if let Some(thumbnail) = file.thumbnail {
        within("thumbnail", thumbnail.bytes, (1, THUMBNAIL_BYTES_MAX))?;
    }
    file.taken_at.map_or(Ok(()), |at| moment("moment", at))
}

/// Whether there is room for one more file.
pub(super) fn has_room(intent: &Intent, incident: Option<&Incident>) -> Result<(), Refused> {
    let (Intent::Attach { file, .. }, Some(incident)) = (intent, incident) else {
        return Ok(());
    };
    let (mut files, mut bytes) = (1, u64::from(file.bytes));
    for (_, _, other) in incident.attachments() {
        files += 1;
        bytes += u64::from(other.bytes);
    }
    within("files", count(files), (0, count(ATTACHMENTS_MAX)))?;
    let megabytes = |bytes: u64| i64::try_from(bytes.div_ceil(1_000_000)).unwrap_or(i64::MAX);
    let most = megabytes(ATTACHED_BYTES_MAX);
    within("megabytes of files", megabytes(bytes), (0, most))
}

#[cfg(test)]
mod tests {
    use crate::ids::DocKind;
    use crate::incidents::attachments::{
        ATTACHMENTS_MAX, Attachment, FILE_BYTES_MAX, THUMBNAIL_BYTES_MAX, Thumbnail,
    };
    use crate::incidents::{Intent, Refused};
    use crate::people::Role;
    use crate::policy::may;
    use crate::testing::{ALICE, BOB, CAROL, Copy, attachment, person};

    fn attach(doc: DocKind, file: Attachment) -> Intent {
        Intent::Attach { doc, file }
    }

    #[test]
    fn staff_attaches_anything_and_requesters_what_is_public_on_their_own() {
        let incident = Copy::declared().read();
        let judge = |who, role, doc| {
            may(
                &person(who, role),
                &attach(doc, attachment(7)),
                Some(&incident),
            )
        };
        for doc in [DocKind::Incident, DocKind::Work] {
            assert_eq!(judge(ALICE, Role::Technician, doc), Ok(()));
        }
        assert_eq!(judge(CAROL, Role::Requester, DocKind::Incident), Ok(()));
        let refused = judge(CAROL, Role::Requester, DocKind::Work);
        assert!(matches!(refused, Err(Refused::Role { .. })));
        let refused = judge(ALICE, Role::Requester, DocKind::Incident);
        assert!(matches!(refused, Err(Refused::Role { .. })), "of another");
    }

    #[test]
    fn a_file_is_neither_empty_nor_beyond_bounds() {
        let incident = Copy::declared().read();
        let judge = |file| {
            let intent = attach(DocKind::Incident, file);
            may(&person(ALICE, Role::Technician), &intent, Some(&incident))
        };
        let sized = |bytes| Attachment {
            bytes,
            ..attachment(7)
        };
        assert_eq!(judge(sized(FILE_BYTES_MAX)), Ok(()));
        for bytes in [0, FILE_BYTES_MAX + 1] {
            assert!(matches!(
                judge(sized(bytes)),
                Err(Refused::OutOfRange { .. })
            ));
        }
        let thumbnail = attachment(7).thumbnail.map(|small| Thumbnail {
            bytes: THUMBNAIL_BYTES_MAX + 1,
            ..small
        });
        let refused = judge(Attachment {
            thumbnail,
            ..attachment(7)
        });
        assert!(matches!(refused, Err(Refused::OutOfRange { .. })));
    }

    #[test]
    fn an_incident_takes_so_many_files_and_so_many_bytes() {
        let mut copy = Copy::declared();
        let me = person(BOB, Role::Agent);
        let large = Attachment {
            bytes: FILE_BYTES_MAX,
            ..attachment(7)
        };
        let judge = |copy: &Copy| {
            may(
                &me,
                &attach(DocKind::Incident, large.clone()),
                Some(&copy.read()),
            )
        };
        for _ in 0..20 {
            assert_eq!(judge(&copy), Ok(()));
            copy.act(BOB, attach(DocKind::Work, large.clone()));
        }
        assert!(matches!(judge(&copy), Err(Refused::OutOfRange { .. })));
        let mut copy = Copy::declared();
        for _ in 0..ATTACHMENTS_MAX {
            copy.act(BOB, attach(DocKind::Incident, attachment(7)));
        }
        assert!(matches!(judge(&copy), Err(Refused::OutOfRange { .. })));
    }
}
