-- The plan of a day marks each step that it queues, in a column that no index holds: with room left on its page the row changes there,
-- and none of its indexes is touched. Pages that are full already gain it as they are written anew.
alter table steps set (fillfactor = 80);
