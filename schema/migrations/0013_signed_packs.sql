-- The pack that a creditor signs has the name that its procedure gives it (requete, mission, declaration…): whichever it is,
-- only the content that was signed is filed.
create or replace function refuse_without_consent() returns trigger language plpgsql as $$
declare
  request uuid;
  on_day  date;
begin
  if tg_table_name = 'procedures' then
    request := new.consent_id; on_day := new.opened_on;
    if not exists (select from consent_requests r where r.id = request and r.case_id = new.case_id and r.procedure = new.procedure) then
      raise exception 'the consent is for another case or procedure' using errcode = 'CT001';
    end if;
  elsif tg_table_name = 'procedure_events' then
    select p.consent_id, new.happened_on into request, on_day from procedures p where p.id = new.procedure_id;
    -- A hearing is fixed before its day: what is recorded of the future is agreed to on the day it is recorded.
    on_day := least(on_day, new.recorded_on);
    if new.imposed then
      on_day := (select c.decided_on from consents c where c.request_id = request and c.decision = 'given');
      if on_day is not null then return new; end if;
    end if;
  else
    select p.consent_id, new.assembled_on into request, on_day from procedures p where p.id = new.procedure_id;
    if exists (select from consent_requests r
               where r.id = request and r.pack_kind = new.kind and r.content_sha256 is distinct from new.content_sha256) then
      raise exception 'the pack is not the one that was signed' using errcode = 'CT001';
    end if;
  end if;
  if not live_consent(request, on_day) then
    raise exception 'no live consent of the creditor on %', on_day using errcode = 'CT001';
  end if;
  return new;
end $$;
