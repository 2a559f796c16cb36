-- Written by hand for the lab: the tables of a FreePBX 16 that say what the phone system is.
SET NAMES utf8mb4;
DROP TABLE IF EXISTS `admin`;
CREATE TABLE `admin` (
  `variable` varchar(250) DEFAULT NULL,
  `value` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `admin` VALUES ('version','16.0.33');
DROP TABLE IF EXISTS `modules`;
CREATE TABLE `modules` (
  `id` varchar(250) DEFAULT NULL,
  `modulename` varchar(250) DEFAULT NULL,
  `version` varchar(250) DEFAULT NULL,
  `enabled` varchar(250) DEFAULT NULL,
  `signature` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `modules` VALUES ('1','framework','16.0.33','1','');
INSERT INTO `modules` VALUES ('2','core','16.0.68','1','');
INSERT INTO `modules` VALUES ('3','voicemail','16.0.46','1','');
INSERT INTO `modules` VALUES ('4','queues','16.0.20','1','');
INSERT INTO `modules` VALUES ('5','ringgroups','16.0.10','1','');
INSERT INTO `modules` VALUES ('6','ivr','16.0.6','1','');
INSERT INTO `modules` VALUES ('7','timeconditions','16.0.28','1','');
INSERT INTO `modules` VALUES ('8','announcement','16.0.7','1','');
INSERT INTO `modules` VALUES ('9','recordings','16.0.26','1','');
DROP TABLE IF EXISTS `users`;
CREATE TABLE `users` (
  `extension` varchar(250) DEFAULT NULL,
  `password` varchar(250) DEFAULT NULL,
  `name` varchar(250) DEFAULT NULL,
  `voicemail` varchar(250) DEFAULT NULL,
  `ringtimer` varchar(250) DEFAULT NULL,
  `noanswer` varchar(250) DEFAULT NULL,
  `recording` varchar(250) DEFAULT NULL,
  `outboundcid` varchar(250) DEFAULT NULL,
  `sipname` varchar(250) DEFAULT NULL,
  `noanswer_cid` varchar(250) DEFAULT NULL,
  `busy_cid` varchar(250) DEFAULT NULL,
  `chanunavail_cid` varchar(250) DEFAULT NULL,
  `noanswer_dest` varchar(250) DEFAULT NULL,
  `busy_dest` varchar(250) DEFAULT NULL,
  `chanunavail_dest` varchar(250) DEFAULT NULL,
  `mohclass` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `users` VALUES ('301','','Reception','default','0','','','','','','','','','','','');
INSERT INTO `users` VALUES ('302','','Appointments A','default','0','','','','','','','','','','','');
INSERT INTO `users` VALUES ('303','','Appointments B','novm','0','','','','','','','','','','','');
INSERT INTO `users` VALUES ('304','','Cardiology','default','0','','','','','','','','','','','');
INSERT INTO `users` VALUES ('305','','Paediatrics','default','0','','','','','','','','','','','');
INSERT INTO `users` VALUES ('306','','Dentistry','default','0','','','','','','','','','','','');
INSERT INTO `users` VALUES ('307','','Laboratory','novm','0','','','','','','','','','','','');
INSERT INTO `users` VALUES ('308','','Radiology','novm','0','','','','','','','','','','','');
INSERT INTO `users` VALUES ('309','','Pharmacy','default','0','','','','','','','','','','','');
INSERT INTO `users` VALUES ('310','','Accounts A','default','0','','','','','','','','','','','');
INSERT INTO `users` VALUES ('311','','Accounts B','novm','0','','','','','','','','','','','');
INSERT INTO `users` VALUES ('312','','Office','default','0','','','','','','','','','','','');
INSERT INTO `users` VALUES ('313','','Ward desk','novm','0','','','','','','','','','','','');
INSERT INTO `users` VALUES ('314','','Gate','novm','0','','','','','','','','','','','');
DROP TABLE IF EXISTS `devices`;
CREATE TABLE `devices` (
  `id` varchar(250) DEFAULT NULL,
  `tech` varchar(250) DEFAULT NULL,
  `dial` varchar(250) DEFAULT NULL,
  `devicetype` varchar(250) DEFAULT NULL,
  `user` varchar(250) DEFAULT NULL,
  `description` varchar(250) DEFAULT NULL,
  `emergency_cid` varchar(250) DEFAULT NULL,
  `hint_override` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `devices` VALUES ('301','sip','SIP/301','fixed','301','Reception','','');
INSERT INTO `devices` VALUES ('302','sip','SIP/302','fixed','302','Appointments A','','');
INSERT INTO `devices` VALUES ('303','sip','SIP/303','fixed','303','Appointments B','','');
INSERT INTO `devices` VALUES ('304','sip','SIP/304','fixed','304','Cardiology','','');
INSERT INTO `devices` VALUES ('305','sip','SIP/305','fixed','305','Paediatrics','','');
INSERT INTO `devices` VALUES ('306','sip','SIP/306','fixed','306','Dentistry','','');
INSERT INTO `devices` VALUES ('307','sip','SIP/307','fixed','307','Laboratory','','');
INSERT INTO `devices` VALUES ('308','sip','SIP/308','fixed','308','Radiology','','');
INSERT INTO `devices` VALUES ('309','sip','SIP/309','fixed','309','Pharmacy','','');
INSERT INTO `devices` VALUES ('310','sip','SIP/310','fixed','310','Accounts A','','');
INSERT INTO `devices` VALUES ('311','sip','SIP/311','fixed','311','Accounts B','','');
INSERT INTO `devices` VALUES ('312','sip','SIP/312','fixed','312','Office','','');
INSERT INTO `devices` VALUES ('313','sip','SIP/313','fixed','313','Ward desk','','');
INSERT INTO `devices` VALUES ('314','sip','SIP/314','fixed','314','Gate','','');
DROP TABLE IF EXISTS `sip`;
CREATE TABLE `sip` (
  `id` varchar(250) DEFAULT NULL,
  `keyword` varchar(250) DEFAULT NULL,
  `data` varchar(250) DEFAULT NULL,
  `flags` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `sip` VALUES ('301','account','301','2');
INSERT INTO `sip` VALUES ('301','callerid','Reception <301>','3');
INSERT INTO `sip` VALUES ('301','canreinvite','no','4');
INSERT INTO `sip` VALUES ('301','context','from-internal','5');
INSERT INTO `sip` VALUES ('301','dial','SIP/301','6');
INSERT INTO `sip` VALUES ('301','dtmfmode','rfc2833','7');
INSERT INTO `sip` VALUES ('301','host','dynamic','8');
INSERT INTO `sip` VALUES ('301','nat','no','9');
INSERT INTO `sip` VALUES ('301','port','5060','10');
INSERT INTO `sip` VALUES ('301','qualify','yes','11');
INSERT INTO `sip` VALUES ('301','secret','only-in-the-lab-301','12');
INSERT INTO `sip` VALUES ('301','sendrpid','pai','13');
INSERT INTO `sip` VALUES ('301','sipdriver','chan_sip','14');
INSERT INTO `sip` VALUES ('301','transport','udp','15');
INSERT INTO `sip` VALUES ('301','trustrpid','yes','16');
INSERT INTO `sip` VALUES ('301','type','friend','17');
INSERT INTO `sip` VALUES ('301','mailbox','301@default','18');
INSERT INTO `sip` VALUES ('301','permit','0.0.0.0/0.0.0.0','19');
INSERT INTO `sip` VALUES ('301','deny','0.0.0.0/0.0.0.0','20');
INSERT INTO `sip` VALUES ('301','callgroup','1','21');
INSERT INTO `sip` VALUES ('301','pickupgroup','1','22');
INSERT INTO `sip` VALUES ('302','account','302','2');
INSERT INTO `sip` VALUES ('302','callerid','Appointments A <302>','3');
INSERT INTO `sip` VALUES ('302','canreinvite','no','4');
INSERT INTO `sip` VALUES ('302','context','from-internal','5');
INSERT INTO `sip` VALUES ('302','dial','SIP/302','6');
INSERT INTO `sip` VALUES ('302','dtmfmode','rfc2833','7');
INSERT INTO `sip` VALUES ('302','host','dynamic','8');
INSERT INTO `sip` VALUES ('302','nat','no','9');
INSERT INTO `sip` VALUES ('302','port','5060','10');
INSERT INTO `sip` VALUES ('302','qualify','yes','11');
INSERT INTO `sip` VALUES ('302','secret','only-in-the-lab-302','12');
INSERT INTO `sip` VALUES ('302','sendrpid','pai','13');
INSERT INTO `sip` VALUES ('302','sipdriver','chan_sip','14');
INSERT INTO `sip` VALUES ('302','transport','udp','15');
INSERT INTO `sip` VALUES ('302','trustrpid','yes','16');
INSERT INTO `sip` VALUES ('302','type','friend','17');
INSERT INTO `sip` VALUES ('302','mailbox','302@default','18');
INSERT INTO `sip` VALUES ('302','permit','0.0.0.0/0.0.0.0','19');
INSERT INTO `sip` VALUES ('302','deny','0.0.0.0/0.0.0.0','20');
INSERT INTO `sip` VALUES ('302','callgroup','1','21');
INSERT INTO `sip` VALUES ('302','pickupgroup','1','22');
INSERT INTO `sip` VALUES ('303','account','303','2');
INSERT INTO `sip` VALUES ('303','callerid','Appointments B <303>','3');
INSERT INTO `sip` VALUES ('303','canreinvite','no','4');
INSERT INTO `sip` VALUES ('303','context','from-internal','5');
INSERT INTO `sip` VALUES ('303','dial','SIP/303','6');
INSERT INTO `sip` VALUES ('303','dtmfmode','rfc2833','7');
INSERT INTO `sip` VALUES ('303','host','dynamic','8');
INSERT INTO `sip` VALUES ('303','nat','no','9');
INSERT INTO `sip` VALUES ('303','port','5060','10');
INSERT INTO `sip` VALUES ('303','qualify','yes','11');
INSERT INTO `sip` VALUES ('303','secret','only-in-the-lab-303','12');
INSERT INTO `sip` VALUES ('303','sendrpid','pai','13');
INSERT INTO `sip` VALUES ('303','sipdriver','chan_sip','14');
INSERT INTO `sip` VALUES ('303','transport','udp','15');
INSERT INTO `sip` VALUES ('303','trustrpid','yes','16');
INSERT INTO `sip` VALUES ('303','type','friend','17');
INSERT INTO `sip` VALUES ('303','mailbox','303@device','18');
INSERT INTO `sip` VALUES ('303','permit','0.0.0.0/0.0.0.0','19');
INSERT INTO `sip` VALUES ('303','deny','0.0.0.0/0.0.0.0','20');
INSERT INTO `sip` VALUES ('303','callgroup','1','21');
INSERT INTO `sip` VALUES ('303','pickupgroup','1','22');
INSERT INTO `sip` VALUES ('304','account','304','2');
INSERT INTO `sip` VALUES ('304','callerid','Cardiology <304>','3');
INSERT INTO `sip` VALUES ('304','canreinvite','no','4');
INSERT INTO `sip` VALUES ('304','context','from-internal','5');
INSERT INTO `sip` VALUES ('304','dial','SIP/304','6');
INSERT INTO `sip` VALUES ('304','dtmfmode','rfc2833','7');
INSERT INTO `sip` VALUES ('304','host','dynamic','8');
INSERT INTO `sip` VALUES ('304','nat','no','9');
INSERT INTO `sip` VALUES ('304','port','5060','10');
INSERT INTO `sip` VALUES ('304','qualify','yes','11');
INSERT INTO `sip` VALUES ('304','secret','only-in-the-lab-304','12');
INSERT INTO `sip` VALUES ('304','sendrpid','pai','13');
INSERT INTO `sip` VALUES ('304','sipdriver','chan_sip','14');
INSERT INTO `sip` VALUES ('304','transport','udp','15');
INSERT INTO `sip` VALUES ('304','trustrpid','yes','16');
INSERT INTO `sip` VALUES ('304','type','friend','17');
INSERT INTO `sip` VALUES ('304','mailbox','304@default','18');
INSERT INTO `sip` VALUES ('304','permit','0.0.0.0/0.0.0.0','19');
INSERT INTO `sip` VALUES ('304','deny','0.0.0.0/0.0.0.0','20');
INSERT INTO `sip` VALUES ('304','callgroup','1','21');
INSERT INTO `sip` VALUES ('304','pickupgroup','1','22');
INSERT INTO `sip` VALUES ('305','account','305','2');
INSERT INTO `sip` VALUES ('305','callerid','Paediatrics <305>','3');
INSERT INTO `sip` VALUES ('305','canreinvite','no','4');
INSERT INTO `sip` VALUES ('305','context','from-internal','5');
INSERT INTO `sip` VALUES ('305','dial','SIP/305','6');
INSERT INTO `sip` VALUES ('305','dtmfmode','rfc2833','7');
INSERT INTO `sip` VALUES ('305','host','dynamic','8');
INSERT INTO `sip` VALUES ('305','nat','no','9');
INSERT INTO `sip` VALUES ('305','port','5060','10');
INSERT INTO `sip` VALUES ('305','qualify','yes','11');
INSERT INTO `sip` VALUES ('305','secret','only-in-the-lab-305','12');
INSERT INTO `sip` VALUES ('305','sendrpid','pai','13');
INSERT INTO `sip` VALUES ('305','sipdriver','chan_sip','14');
INSERT INTO `sip` VALUES ('305','transport','udp','15');
INSERT INTO `sip` VALUES ('305','trustrpid','yes','16');
INSERT INTO `sip` VALUES ('305','type','friend','17');
INSERT INTO `sip` VALUES ('305','mailbox','305@default','18');
INSERT INTO `sip` VALUES ('305','permit','0.0.0.0/0.0.0.0','19');
INSERT INTO `sip` VALUES ('305','deny','0.0.0.0/0.0.0.0','20');
INSERT INTO `sip` VALUES ('305','callgroup','1','21');
INSERT INTO `sip` VALUES ('305','pickupgroup','1','22');
INSERT INTO `sip` VALUES ('306','account','306','2');
INSERT INTO `sip` VALUES ('306','callerid','Dentistry <306>','3');
INSERT INTO `sip` VALUES ('306','canreinvite','no','4');
INSERT INTO `sip` VALUES ('306','context','from-internal','5');
INSERT INTO `sip` VALUES ('306','dial','SIP/306','6');
INSERT INTO `sip` VALUES ('306','dtmfmode','rfc2833','7');
INSERT INTO `sip` VALUES ('306','host','dynamic','8');
INSERT INTO `sip` VALUES ('306','nat','no','9');
INSERT INTO `sip` VALUES ('306','port','5060','10');
INSERT INTO `sip` VALUES ('306','qualify','yes','11');
INSERT INTO `sip` VALUES ('306','secret','only-in-the-lab-306','12');
INSERT INTO `sip` VALUES ('306','sendrpid','pai','13');
INSERT INTO `sip` VALUES ('306','sipdriver','chan_sip','14');
INSERT INTO `sip` VALUES ('306','transport','udp','15');
INSERT INTO `sip` VALUES ('306','trustrpid','yes','16');
INSERT INTO `sip` VALUES ('306','type','friend','17');
INSERT INTO `sip` VALUES ('306','mailbox','306@default','18');
INSERT INTO `sip` VALUES ('306','permit','0.0.0.0/0.0.0.0','19');
INSERT INTO `sip` VALUES ('306','deny','0.0.0.0/0.0.0.0','20');
INSERT INTO `sip` VALUES ('306','callgroup','1','21');
INSERT INTO `sip` VALUES ('306','pickupgroup','1','22');
INSERT INTO `sip` VALUES ('307','account','307','2');
INSERT INTO `sip` VALUES ('307','callerid','Laboratory <307>','3');
INSERT INTO `sip` VALUES ('307','canreinvite','no','4');
INSERT INTO `sip` VALUES ('307','context','from-internal','5');
INSERT INTO `sip` VALUES ('307','dial','SIP/307','6');
INSERT INTO `sip` VALUES ('307','dtmfmode','rfc2833','7');
INSERT INTO `sip` VALUES ('307','host','dynamic','8');
INSERT INTO `sip` VALUES ('307','nat','no','9');
INSERT INTO `sip` VALUES ('307','port','5060','10');
INSERT INTO `sip` VALUES ('307','qualify','yes','11');
INSERT INTO `sip` VALUES ('307','secret','only-in-the-lab-307','12');
INSERT INTO `sip` VALUES ('307','sendrpid','pai','13');
INSERT INTO `sip` VALUES ('307','sipdriver','chan_sip','14');
INSERT INTO `sip` VALUES ('307','transport','udp','15');
INSERT INTO `sip` VALUES ('307','trustrpid','yes','16');
INSERT INTO `sip` VALUES ('307','type','friend','17');
INSERT INTO `sip` VALUES ('307','mailbox','307@device','18');
INSERT INTO `sip` VALUES ('307','permit','0.0.0.0/0.0.0.0','19');
INSERT INTO `sip` VALUES ('307','deny','0.0.0.0/0.0.0.0','20');
INSERT INTO `sip` VALUES ('307','callgroup','1','21');
INSERT INTO `sip` VALUES ('307','pickupgroup','1','22');
INSERT INTO `sip` VALUES ('308','account','308','2');
INSERT INTO `sip` VALUES ('308','callerid','Radiology <308>','3');
INSERT INTO `sip` VALUES ('308','canreinvite','no','4');
INSERT INTO `sip` VALUES ('308','context','from-internal','5');
INSERT INTO `sip` VALUES ('308','dial','SIP/308','6');
INSERT INTO `sip` VALUES ('308','dtmfmode','rfc2833','7');
INSERT INTO `sip` VALUES ('308','host','dynamic','8');
INSERT INTO `sip` VALUES ('308','nat','no','9');
INSERT INTO `sip` VALUES ('308','port','5060','10');
INSERT INTO `sip` VALUES ('308','qualify','yes','11');
INSERT INTO `sip` VALUES ('308','secret','only-in-the-lab-308','12');
INSERT INTO `sip` VALUES ('308','sendrpid','pai','13');
INSERT INTO `sip` VALUES ('308','sipdriver','chan_sip','14');
INSERT INTO `sip` VALUES ('308','transport','udp','15');
INSERT INTO `sip` VALUES ('308','trustrpid','yes','16');
INSERT INTO `sip` VALUES ('308','type','friend','17');
INSERT INTO `sip` VALUES ('308','mailbox','308@device','18');
INSERT INTO `sip` VALUES ('308','permit','0.0.0.0/0.0.0.0','19');
INSERT INTO `sip` VALUES ('308','deny','0.0.0.0/0.0.0.0','20');
INSERT INTO `sip` VALUES ('308','callgroup','1','21');
INSERT INTO `sip` VALUES ('308','pickupgroup','1','22');
INSERT INTO `sip` VALUES ('309','account','309','2');
INSERT INTO `sip` VALUES ('309','callerid','Pharmacy <309>','3');
INSERT INTO `sip` VALUES ('309','canreinvite','no','4');
INSERT INTO `sip` VALUES ('309','context','from-internal','5');
INSERT INTO `sip` VALUES ('309','dial','SIP/309','6');
INSERT INTO `sip` VALUES ('309','dtmfmode','rfc2833','7');
INSERT INTO `sip` VALUES ('309','host','dynamic','8');
INSERT INTO `sip` VALUES ('309','nat','no','9');
INSERT INTO `sip` VALUES ('309','port','5060','10');
INSERT INTO `sip` VALUES ('309','qualify','yes','11');
INSERT INTO `sip` VALUES ('309','secret','only-in-the-lab-309','12');
INSERT INTO `sip` VALUES ('309','sendrpid','pai','13');
INSERT INTO `sip` VALUES ('309','sipdriver','chan_sip','14');
INSERT INTO `sip` VALUES ('309','transport','udp','15');
INSERT INTO `sip` VALUES ('309','trustrpid','yes','16');
INSERT INTO `sip` VALUES ('309','type','friend','17');
INSERT INTO `sip` VALUES ('309','mailbox','309@default','18');
INSERT INTO `sip` VALUES ('309','permit','0.0.0.0/0.0.0.0','19');
INSERT INTO `sip` VALUES ('309','deny','0.0.0.0/0.0.0.0','20');
INSERT INTO `sip` VALUES ('309','callgroup','1','21');
INSERT INTO `sip` VALUES ('309','pickupgroup','1','22');
INSERT INTO `sip` VALUES ('310','account','310','2');
INSERT INTO `sip` VALUES ('310','callerid','Accounts A <310>','3');
INSERT INTO `sip` VALUES ('310','canreinvite','no','4');
INSERT INTO `sip` VALUES ('310','context','from-internal','5');
INSERT INTO `sip` VALUES ('310','dial','SIP/310','6');
INSERT INTO `sip` VALUES ('310','dtmfmode','rfc2833','7');
INSERT INTO `sip` VALUES ('310','host','dynamic','8');
INSERT INTO `sip` VALUES ('310','nat','no','9');
INSERT INTO `sip` VALUES ('310','port','5060','10');
INSERT INTO `sip` VALUES ('310','qualify','yes','11');
INSERT INTO `sip` VALUES ('310','secret','only-in-the-lab-310','12');
INSERT INTO `sip` VALUES ('310','sendrpid','pai','13');
INSERT INTO `sip` VALUES ('310','sipdriver','chan_sip','14');
INSERT INTO `sip` VALUES ('310','transport','udp','15');
INSERT INTO `sip` VALUES ('310','trustrpid','yes','16');
INSERT INTO `sip` VALUES ('310','type','friend','17');
INSERT INTO `sip` VALUES ('310','mailbox','310@default','18');
INSERT INTO `sip` VALUES ('310','permit','0.0.0.0/0.0.0.0','19');
INSERT INTO `sip` VALUES ('310','deny','0.0.0.0/0.0.0.0','20');
INSERT INTO `sip` VALUES ('310','callgroup','1','21');
INSERT INTO `sip` VALUES ('310','pickupgroup','1','22');
INSERT INTO `sip` VALUES ('311','account','311','2');
INSERT INTO `sip` VALUES ('311','callerid','Accounts B <311>','3');
INSERT INTO `sip` VALUES ('311','canreinvite','no','4');
INSERT INTO `sip` VALUES ('311','context','from-internal','5');
INSERT INTO `sip` VALUES ('311','dial','SIP/311','6');
INSERT INTO `sip` VALUES ('311','dtmfmode','rfc2833','7');
INSERT INTO `sip` VALUES ('311','host','dynamic','8');
INSERT INTO `sip` VALUES ('311','nat','no','9');
INSERT INTO `sip` VALUES ('311','port','5060','10');
INSERT INTO `sip` VALUES ('311','qualify','yes','11');
INSERT INTO `sip` VALUES ('311','secret','only-in-the-lab-311','12');
INSERT INTO `sip` VALUES ('311','sendrpid','pai','13');
INSERT INTO `sip` VALUES ('311','sipdriver','chan_sip','14');
INSERT INTO `sip` VALUES ('311','transport','udp','15');
INSERT INTO `sip` VALUES ('311','trustrpid','yes','16');
INSERT INTO `sip` VALUES ('311','type','friend','17');
INSERT INTO `sip` VALUES ('311','mailbox','311@device','18');
INSERT INTO `sip` VALUES ('311','permit','0.0.0.0/0.0.0.0','19');
INSERT INTO `sip` VALUES ('311','deny','0.0.0.0/0.0.0.0','20');
INSERT INTO `sip` VALUES ('311','callgroup','1','21');
INSERT INTO `sip` VALUES ('311','pickupgroup','1','22');
INSERT INTO `sip` VALUES ('312','account','312','2');
INSERT INTO `sip` VALUES ('312','callerid','Office <312>','3');
INSERT INTO `sip` VALUES ('312','canreinvite','no','4');
INSERT INTO `sip` VALUES ('312','context','from-internal','5');
INSERT INTO `sip` VALUES ('312','dial','SIP/312','6');
INSERT INTO `sip` VALUES ('312','dtmfmode','rfc2833','7');
INSERT INTO `sip` VALUES ('312','host','dynamic','8');
INSERT INTO `sip` VALUES ('312','nat','no','9');
INSERT INTO `sip` VALUES ('312','port','5060','10');
INSERT INTO `sip` VALUES ('312','qualify','yes','11');
INSERT INTO `sip` VALUES ('312','secret','only-in-the-lab-312','12');
INSERT INTO `sip` VALUES ('312','sendrpid','pai','13');
INSERT INTO `sip` VALUES ('312','sipdriver','chan_sip','14');
INSERT INTO `sip` VALUES ('312','transport','udp','15');
INSERT INTO `sip` VALUES ('312','trustrpid','yes','16');
INSERT INTO `sip` VALUES ('312','type','friend','17');
INSERT INTO `sip` VALUES ('312','mailbox','312@default','18');
INSERT INTO `sip` VALUES ('312','permit','0.0.0.0/0.0.0.0','19');
INSERT INTO `sip` VALUES ('312','deny','0.0.0.0/0.0.0.0','20');
INSERT INTO `sip` VALUES ('312','callgroup','1','21');
INSERT INTO `sip` VALUES ('312','pickupgroup','1','22');
INSERT INTO `sip` VALUES ('313','account','313','2');
INSERT INTO `sip` VALUES ('313','callerid','Ward desk <313>','3');
INSERT INTO `sip` VALUES ('313','canreinvite','no','4');
INSERT INTO `sip` VALUES ('313','context','from-internal','5');
INSERT INTO `sip` VALUES ('313','dial','SIP/313','6');
INSERT INTO `sip` VALUES ('313','dtmfmode','rfc2833','7');
INSERT INTO `sip` VALUES ('313','host','dynamic','8');
INSERT INTO `sip` VALUES ('313','nat','no','9');
INSERT INTO `sip` VALUES ('313','port','5060','10');
INSERT INTO `sip` VALUES ('313','qualify','yes','11');
INSERT INTO `sip` VALUES ('313','secret','only-in-the-lab-313','12');
INSERT INTO `sip` VALUES ('313','sendrpid','pai','13');
INSERT INTO `sip` VALUES ('313','sipdriver','chan_sip','14');
INSERT INTO `sip` VALUES ('313','transport','udp','15');
INSERT INTO `sip` VALUES ('313','trustrpid','yes','16');
INSERT INTO `sip` VALUES ('313','type','friend','17');
INSERT INTO `sip` VALUES ('313','mailbox','313@device','18');
INSERT INTO `sip` VALUES ('313','permit','0.0.0.0/0.0.0.0','19');
INSERT INTO `sip` VALUES ('313','deny','0.0.0.0/0.0.0.0','20');
INSERT INTO `sip` VALUES ('313','callgroup','1','21');
INSERT INTO `sip` VALUES ('313','pickupgroup','1','22');
INSERT INTO `sip` VALUES ('314','account','314','2');
INSERT INTO `sip` VALUES ('314','callerid','Gate <314>','3');
INSERT INTO `sip` VALUES ('314','canreinvite','no','4');
INSERT INTO `sip` VALUES ('314','context','from-internal','5');
INSERT INTO `sip` VALUES ('314','dial','SIP/314','6');
INSERT INTO `sip` VALUES ('314','dtmfmode','rfc2833','7');
INSERT INTO `sip` VALUES ('314','host','dynamic','8');
INSERT INTO `sip` VALUES ('314','nat','no','9');
INSERT INTO `sip` VALUES ('314','port','5060','10');
INSERT INTO `sip` VALUES ('314','qualify','yes','11');
INSERT INTO `sip` VALUES ('314','secret','only-in-the-lab-314','12');
INSERT INTO `sip` VALUES ('314','sendrpid','pai','13');
INSERT INTO `sip` VALUES ('314','sipdriver','chan_sip','14');
INSERT INTO `sip` VALUES ('314','transport','udp','15');
INSERT INTO `sip` VALUES ('314','trustrpid','yes','16');
INSERT INTO `sip` VALUES ('314','type','friend','17');
INSERT INTO `sip` VALUES ('314','mailbox','314@device','18');
INSERT INTO `sip` VALUES ('314','permit','0.0.0.0/0.0.0.0','19');
INSERT INTO `sip` VALUES ('314','deny','0.0.0.0/0.0.0.0','20');
INSERT INTO `sip` VALUES ('314','callgroup','1','21');
INSERT INTO `sip` VALUES ('314','pickupgroup','1','22');
INSERT INTO `sip` VALUES ('tr-peer-1','account','NarvanCarrier','2');
INSERT INTO `sip` VALUES ('tr-peer-1','type','peer','3');
INSERT INTO `sip` VALUES ('tr-peer-1','host','sip.narvan-carrier.example','4');
INSERT INTO `sip` VALUES ('tr-peer-1','username','982122330400','5');
INSERT INTO `sip` VALUES ('tr-peer-1','fromuser','982122330400','6');
INSERT INTO `sip` VALUES ('tr-peer-1','secret','carrier-only-in-the-lab','7');
INSERT INTO `sip` VALUES ('tr-peer-1','insecure','port,invite','8');
INSERT INTO `sip` VALUES ('tr-peer-1','qualify','yes','9');
INSERT INTO `sip` VALUES ('tr-peer-1','disallow','all','10');
INSERT INTO `sip` VALUES ('tr-peer-1','allow','alaw','11');
INSERT INTO `sip` VALUES ('tr-peer-1','call-limit','10','12');
INSERT INTO `sip` VALUES ('tr-peer-1','context','from-trunk-sip-NarvanCarrier','13');
INSERT INTO `sip` VALUES ('tr-reg-1','register','982122330400:carrier-only-in-the-lab@sip.narvan-carrier.example/982122330400','0');
DROP TABLE IF EXISTS `trunks`;
CREATE TABLE `trunks` (
  `trunkid` varchar(250) DEFAULT NULL,
  `tech` varchar(250) DEFAULT NULL,
  `channelid` varchar(250) DEFAULT NULL,
  `name` varchar(250) DEFAULT NULL,
  `outcid` varchar(250) DEFAULT NULL,
  `keepcid` varchar(250) DEFAULT NULL,
  `maxchans` varchar(250) DEFAULT NULL,
  `failscript` varchar(250) DEFAULT NULL,
  `dialoutprefix` varchar(250) DEFAULT NULL,
  `usercontext` varchar(250) DEFAULT NULL,
  `provider` varchar(250) DEFAULT NULL,
  `disabled` varchar(250) DEFAULT NULL,
  `continue` varchar(250) DEFAULT NULL,
  `routedisplay` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `trunks` VALUES ('1','sip','NarvanCarrier','NarvanCarrier','982122330400','off','10','','','','','off','','');
DROP TABLE IF EXISTS `incoming`;
CREATE TABLE `incoming` (
  `cidnum` varchar(250) DEFAULT NULL,
  `extension` varchar(250) DEFAULT NULL,
  `destination` varchar(250) DEFAULT NULL,
  `privacyman` varchar(250) DEFAULT NULL,
  `alertinfo` varchar(250) DEFAULT NULL,
  `ringing` varchar(250) DEFAULT NULL,
  `fanswer` varchar(250) DEFAULT NULL,
  `mohclass` varchar(250) DEFAULT NULL,
  `description` varchar(250) DEFAULT NULL,
  `grppre` varchar(250) DEFAULT NULL,
  `delay_answer` varchar(250) DEFAULT NULL,
  `pricid` varchar(250) DEFAULT NULL,
  `pmmaxretries` varchar(250) DEFAULT NULL,
  `pmminlength` varchar(250) DEFAULT NULL,
  `reversal` varchar(250) DEFAULT NULL,
  `rvolume` varchar(250) DEFAULT NULL,
  `indication_zone` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `incoming` VALUES ('','982122330400','timeconditions,1,1','','','','','','Main number','','','','','','','','');
INSERT INTO `incoming` VALUES ('','982122330455','ext-queues,401,1','','','','','','Appointments','','','','','','','','');
INSERT INTO `incoming` VALUES ('','982122330466','ext-group,601,1','','','','','','Accounts','','','','','','','','');
DROP TABLE IF EXISTS `timeconditions`;
CREATE TABLE `timeconditions` (
  `timeconditions_id` varchar(250) DEFAULT NULL,
  `displayname` varchar(250) DEFAULT NULL,
  `time` varchar(250) DEFAULT NULL,
  `truegoto` varchar(250) DEFAULT NULL,
  `falsegoto` varchar(250) DEFAULT NULL,
  `deptname` varchar(250) DEFAULT NULL,
  `generate_hint` varchar(250) DEFAULT NULL,
  `invert_hint` varchar(250) DEFAULT NULL,
  `fcc_password` varchar(250) DEFAULT NULL,
  `priority` varchar(250) DEFAULT NULL,
  `timezone` varchar(250) DEFAULT NULL,
  `mode` varchar(250) DEFAULT NULL,
  `calendar_id` varchar(250) DEFAULT NULL,
  `calendar_group_id` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `timeconditions` VALUES ('1','Clinic hours','1','ivr-1,s,1','app-announcement-1,s,1','','','','','','','','','');
DROP TABLE IF EXISTS `timegroups_groups`;
CREATE TABLE `timegroups_groups` (
  `id` varchar(250) DEFAULT NULL,
  `description` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `timegroups_groups` VALUES ('1','Clinic hours');
DROP TABLE IF EXISTS `timegroups_details`;
CREATE TABLE `timegroups_details` (
  `id` varchar(250) DEFAULT NULL,
  `timegroupid` varchar(250) DEFAULT NULL,
  `time` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `timegroups_details` VALUES ('1','1','08:00-17:00|sat-wed|*|*');
INSERT INTO `timegroups_details` VALUES ('2','1','08:00-13:00|thu|*|*');
DROP TABLE IF EXISTS `recordings`;
CREATE TABLE `recordings` (
  `id` varchar(250) DEFAULT NULL,
  `displayname` varchar(250) DEFAULT NULL,
  `filename` varchar(250) DEFAULT NULL,
  `description` varchar(250) DEFAULT NULL,
  `fcode` varchar(250) DEFAULT NULL,
  `fcode_pass` varchar(250) DEFAULT NULL,
  `fcode_lang` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `recordings` VALUES ('1','narvan-menu','custom/narvan-menu','Menu','','','');
INSERT INTO `recordings` VALUES ('2','narvan-closed','custom/narvan-closed','Closed','','','');
INSERT INTO `recordings` VALUES ('3','narvan-invalid','custom/narvan-invalid','Not a choice','','','');
INSERT INTO `recordings` VALUES ('4','narvan-lines-busy','custom/narvan-lines-busy','Lines busy','','','');
DROP TABLE IF EXISTS `announcement`;
CREATE TABLE `announcement` (
  `announcement_id` varchar(250) DEFAULT NULL,
  `description` varchar(250) DEFAULT NULL,
  `recording_id` varchar(250) DEFAULT NULL,
  `allow_skip` varchar(250) DEFAULT NULL,
  `post_dest` varchar(250) DEFAULT NULL,
  `return_ivr` varchar(250) DEFAULT NULL,
  `noanswer` varchar(250) DEFAULT NULL,
  `repeat_msg` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `announcement` VALUES ('1','Closed','2','0','ext-local,vmu301,1','0','0','');
DROP TABLE IF EXISTS `ivr_details`;
CREATE TABLE `ivr_details` (
  `id` varchar(250) DEFAULT NULL,
  `name` varchar(250) DEFAULT NULL,
  `description` varchar(250) DEFAULT NULL,
  `announcement` varchar(250) DEFAULT NULL,
  `directdial` varchar(250) DEFAULT NULL,
  `invalid_loops` varchar(250) DEFAULT NULL,
  `invalid_retry_recording` varchar(250) DEFAULT NULL,
  `invalid_destination` varchar(250) DEFAULT NULL,
  `timeout_enabled` varchar(250) DEFAULT NULL,
  `invalid_recording` varchar(250) DEFAULT NULL,
  `retvm` varchar(250) DEFAULT NULL,
  `timeout_time` varchar(250) DEFAULT NULL,
  `timeout_recording` varchar(250) DEFAULT NULL,
  `timeout_retry_recording` varchar(250) DEFAULT NULL,
  `timeout_destination` varchar(250) DEFAULT NULL,
  `timeout_loops` varchar(250) DEFAULT NULL,
  `timeout_append_announce` varchar(250) DEFAULT NULL,
  `invalid_append_announce` varchar(250) DEFAULT NULL,
  `timeout_ivr_ret` varchar(250) DEFAULT NULL,
  `invalid_ivr_ret` varchar(250) DEFAULT NULL,
  `alertinfo` varchar(250) DEFAULT NULL,
  `rvolume` varchar(250) DEFAULT NULL,
  `strict_dial_timeout` varchar(250) DEFAULT NULL,
  `accept_pound_key` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `ivr_details` VALUES ('1','Main menu','What callers hear in clinic hours','1','','2','3','from-did-direct,301,1','','','','5','','','from-did-direct,301,1','1','','','','','','','','');
DROP TABLE IF EXISTS `ivr_entries`;
CREATE TABLE `ivr_entries` (
  `ivr_id` varchar(250) DEFAULT NULL,
  `selection` varchar(250) DEFAULT NULL,
  `dest` varchar(250) DEFAULT NULL,
  `ivr_ret` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `ivr_entries` VALUES ('1','0','from-did-direct,301,1','0');
INSERT INTO `ivr_entries` VALUES ('1','1','ext-queues,401,1','0');
INSERT INTO `ivr_entries` VALUES ('1','2','ext-group,601,1','0');
INSERT INTO `ivr_entries` VALUES ('1','3','from-did-direct,309,1','0');
DROP TABLE IF EXISTS `queues_config`;
CREATE TABLE `queues_config` (
  `extension` varchar(250) DEFAULT NULL,
  `descr` varchar(250) DEFAULT NULL,
  `grppre` varchar(250) DEFAULT NULL,
  `alertinfo` varchar(250) DEFAULT NULL,
  `ringing` varchar(250) DEFAULT NULL,
  `maxwait` varchar(250) DEFAULT NULL,
  `password` varchar(250) DEFAULT NULL,
  `ivr_id` varchar(250) DEFAULT NULL,
  `dest` varchar(250) DEFAULT NULL,
  `cwignore` varchar(250) DEFAULT NULL,
  `queuewait` varchar(250) DEFAULT NULL,
  `use_queue_context` varchar(250) DEFAULT NULL,
  `togglehint` varchar(250) DEFAULT NULL,
  `qnoanswer` varchar(250) DEFAULT NULL,
  `callconfirm` varchar(250) DEFAULT NULL,
  `callconfirm_id` varchar(250) DEFAULT NULL,
  `qregex` varchar(250) DEFAULT NULL,
  `agentannounce_id` varchar(250) DEFAULT NULL,
  `joinannounce_id` varchar(250) DEFAULT NULL,
  `monitor_type` varchar(250) DEFAULT NULL,
  `monitor_heard` varchar(250) DEFAULT NULL,
  `monitor_spoken` varchar(250) DEFAULT NULL,
  `callback_id` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `queues_config` VALUES ('401','Appointments','','','','60','','','ext-local,vmu302,1','','','','','','','','','','','','','','');
DROP TABLE IF EXISTS `queues_details`;
CREATE TABLE `queues_details` (
  `id` varchar(250) DEFAULT NULL,
  `keyword` varchar(250) DEFAULT NULL,
  `data` varchar(250) DEFAULT NULL,
  `flags` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `queues_details` VALUES ('401','strategy','ringall','0');
INSERT INTO `queues_details` VALUES ('401','timeout','15','0');
INSERT INTO `queues_details` VALUES ('401','retry','5','0');
INSERT INTO `queues_details` VALUES ('401','maxlen','0','0');
INSERT INTO `queues_details` VALUES ('401','joinempty','yes','0');
INSERT INTO `queues_details` VALUES ('401','leavewhenempty','no','0');
INSERT INTO `queues_details` VALUES ('401','ringinuse','no','0');
INSERT INTO `queues_details` VALUES ('401','wrapuptime','0','0');
INSERT INTO `queues_details` VALUES ('401','member','Local/302@from-queue/n,0','0');
INSERT INTO `queues_details` VALUES ('401','member','Local/303@from-queue/n,0','1');
INSERT INTO `queues_details` VALUES ('401','member','Local/301@from-queue/n,0','2');
DROP TABLE IF EXISTS `ringgroups`;
CREATE TABLE `ringgroups` (
  `grpnum` varchar(250) DEFAULT NULL,
  `strategy` varchar(250) DEFAULT NULL,
  `grptime` varchar(250) DEFAULT NULL,
  `grppre` varchar(250) DEFAULT NULL,
  `grplist` varchar(250) DEFAULT NULL,
  `annmsg_id` varchar(250) DEFAULT NULL,
  `postdest` varchar(250) DEFAULT NULL,
  `description` varchar(250) DEFAULT NULL,
  `alertinfo` varchar(250) DEFAULT NULL,
  `remotealert_id` varchar(250) DEFAULT NULL,
  `needsconf` varchar(250) DEFAULT NULL,
  `toolate_id` varchar(250) DEFAULT NULL,
  `ringing` varchar(250) DEFAULT NULL,
  `cwignore` varchar(250) DEFAULT NULL,
  `cfignore` varchar(250) DEFAULT NULL,
  `cpickup` varchar(250) DEFAULT NULL,
  `recording` varchar(250) DEFAULT NULL,
  `progress` varchar(250) DEFAULT NULL,
  `elsewhere` varchar(250) DEFAULT NULL,
  `rvolume` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `ringgroups` VALUES ('601','ringall','20','','310-311','','ext-local,vmu310,1','Accounts','','','','','','','','','','','','');
DROP TABLE IF EXISTS `outbound_routes`;
CREATE TABLE `outbound_routes` (
  `route_id` varchar(250) DEFAULT NULL,
  `name` varchar(250) DEFAULT NULL,
  `outcid` varchar(250) DEFAULT NULL,
  `outcid_mode` varchar(250) DEFAULT NULL,
  `password` varchar(250) DEFAULT NULL,
  `emergency_route` varchar(250) DEFAULT NULL,
  `intracompany_route` varchar(250) DEFAULT NULL,
  `mohclass` varchar(250) DEFAULT NULL,
  `time_group_id` varchar(250) DEFAULT NULL,
  `dest` varchar(250) DEFAULT NULL,
  `time_mode` varchar(250) DEFAULT NULL,
  `calendar_id` varchar(250) DEFAULT NULL,
  `calendar_group_id` varchar(250) DEFAULT NULL,
  `timezone` varchar(250) DEFAULT NULL,
  `notification_on` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `outbound_routes` VALUES ('1','Emergency','','','','YES','','','','','','','','','');
INSERT INTO `outbound_routes` VALUES ('2','National','','','','','','','','','','','','','');
DROP TABLE IF EXISTS `outbound_route_patterns`;
CREATE TABLE `outbound_route_patterns` (
  `route_id` varchar(250) DEFAULT NULL,
  `match_pattern_prefix` varchar(250) DEFAULT NULL,
  `match_pattern_pass` varchar(250) DEFAULT NULL,
  `match_cid` varchar(250) DEFAULT NULL,
  `prepend_digits` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `outbound_route_patterns` VALUES ('1','','110','','');
INSERT INTO `outbound_route_patterns` VALUES ('1','','115','','');
INSERT INTO `outbound_route_patterns` VALUES ('1','','125','','');
INSERT INTO `outbound_route_patterns` VALUES ('2','9','XXXXXXXX','','');
INSERT INTO `outbound_route_patterns` VALUES ('2','9','0XXXXXXXXXX','','');
DROP TABLE IF EXISTS `outbound_route_trunks`;
CREATE TABLE `outbound_route_trunks` (
  `route_id` varchar(250) DEFAULT NULL,
  `trunk_id` varchar(250) DEFAULT NULL,
  `seq` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `outbound_route_trunks` VALUES ('1','1','0');
INSERT INTO `outbound_route_trunks` VALUES ('2','1','0');
DROP TABLE IF EXISTS `outbound_route_sequence`;
CREATE TABLE `outbound_route_sequence` (
  `route_id` varchar(250) DEFAULT NULL,
  `seq` varchar(250) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `outbound_route_sequence` VALUES ('1','0');
INSERT INTO `outbound_route_sequence` VALUES ('2','1');
