-- A purge asks which movements of the bank a case was a candidate for.
create index bank_lines_by_candidate on bank_lines using gin (candidates jsonb_path_ops);
