-- A letter or a pack is recognised by its hash, among all that were ever made.
create index packs_by_zip on packs (zip);
create index packs_by_pdf on packs (pdf);
create index packs_by_content on packs (content_sha256);
create index documents_by_file on documents (sha256);
