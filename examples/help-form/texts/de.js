export const de = {
  tab: "{title} · e-connect",
  skip: "Zum Inhalt",
  brand: "Help & Support",
  languages: "Sprache",
  optional: "(freiwillig)",
  title: "Wie können wir helfen?",
  lead: "Beschreiben Sie Ihr Anliegen. Sie erhalten sofort eine Nummer und dann eine Bestätigung per E-Mail.",
  desk_open: "Der Support Desk ist geöffnet bis {until} Uhr.",
  desk_closed: "Der Support Desk ist geschlossen. Er öffnet wieder am {reopens}; Anfragen werden jederzeit angenommen.",
  desk_closed_for_long: "Der Support Desk ist geschlossen. Anfragen werden jederzeit angenommen.",

  you: "Ihre Angaben",
  name: "Ihr Name",
  email: "E-Mail-Adresse",
  email_hint: "An diese Adresse bestätigen und antworten wir.",
  phone: "Telefon",
  phone_hint: "Mit Landesvorwahl, zum Beispiel +352\u00a026\u00a012\u00a034\u00a056.",
  company: "Firma",
  request: "Ihr Anliegen",
  site_url: "Betroffene Website",
  site_url_hint: "Zum Beispiel www.ihre-seite.lu",
  subject: "Betreff",
  message: "Nachricht",
  message_hint: "Was haben Sie getan, was haben Sie erwartet, was ist stattdessen geschehen? Seit wann?",
  attachments: "Dateien",
  attachments_hint: "Bildschirmfotos oder Dokumente, zusammen höchstens 20 MB.",
  urgency: "Dringlichkeit",
  urgent: "Mein Anliegen ist dringend",
  fee_text:
    "Eine dringende Anfrage kommt vor allen anderen und wird sofort bearbeitet, oder ab der nächsten Öffnung, wenn der " +
    "Support Desk geschlossen ist. Ihre Eröffnung kostet {fee} ohne MwSt.; die Arbeitszeit wird danach mit {rate} ohne " +
    "MwSt. pro Stunde berechnet.{included}",
  fee_included: " Die ersten {minutes} Minuten sind enthalten.",
  fee_loading: "Der geltende Tarif wird gelesen …",
  fee_unknown:
    "Der geltende Tarif konnte nicht gelesen werden; eine dringende Anfrage kann im Moment nicht gesendet werden.",
  fee_again: "Tarif erneut lesen",
  fee_accept: "Ich nehme die Dringlichkeitsgebühr von {fee} ohne MwSt. an",
  fee_accept_unknown: "Ich nehme die Dringlichkeitsgebühr an",
  send: "Anfrage senden",
  start_over: "Verwerfen und neue Anfrage beginnen",

  sending: "Ihre Anfrage wird gesendet …",
  news_retry:
    "Die Verbindung wurde unterbrochen. Wir versuchen es von selbst erneut; Ihre Anfrage kann nicht doppelt entstehen.",
  news_busy: "Beim Support Desk gehen viele Anfragen ein. Ihre wird in {seconds} Sekunden von selbst gesendet.",
  news_offline:
    "Der Support Desk war nicht erreichbar; wir wissen nicht, ob Ihre Anfrage angekommen ist. Ihre Eingaben sind " +
    "aufbewahrt: Drücken Sie gleich noch einmal auf den Knopf, sie kann nicht doppelt entstehen. Oder schreiben Sie an " +
    "support@e-connect.lu.",
  news_later:
    "Beim Support Desk gehen zu viele Anfragen ein. Ihre Eingaben sind aufbewahrt: Bitte versuchen Sie es in {minutes} " +
    "Min. erneut.",
  news_trouble:
    "Der Support Desk konnte die Anfrage nicht annehmen. Ihre Eingaben sind aufbewahrt: Bitte versuchen Sie es gleich " +
    "noch einmal.",
  news_correct: "Es wurde noch nichts gesendet: Bitte berichtigen Sie die markierten Felder.",
  news_refused: "Der Support Desk hat die Anfrage nicht angenommen: {detail}",
  news_restored:
    "Ihre Eingaben wurden aufbewahrt. Drücken Sie auf den Knopf, um sie zu senden; falls sie schon angekommen war, " +
    "entsteht die Anfrage nicht doppelt.",
  news_restored_files: "Ihre Eingaben wurden aufbewahrt, nur die Dateien nicht: Bitte wählen Sie diese erneut.",
  news_already:
    "Eine frühere Fassung dieser Anfrage ist bereits angekommen, die Bestätigung kommt per E-Mail. Ihre Änderungen " +
    "seither wurden nicht gesendet: Antworten Sie auf diese E-Mail, oder beginnen Sie eine neue Anfrage.",

  receipt_title: "Wir haben Ihre Anfrage erhalten",
  receipt_number: "Ticket {number}",
  receipt_position: "Sie steht an Stelle {position} der Warteschlange.",
  receipt_urgent: "Sie ist dringend und kommt vor allen gewöhnlichen Anfragen.",
  receipt_fee: "Dringlichkeitsgebühr, wie von Ihnen angenommen: {fee} ohne MwSt.",
  receipt_open: "Der Support Desk ist jetzt geöffnet.",
  receipt_closed: "Der Support Desk ist jetzt geschlossen und öffnet wieder am {reopens}.",
  receipt_mail: "Eine Bestätigung ist unterwegs an {email}.",
  receipt_no_mail:
    "Diesmal wird keine Bestätigung per E-Mail gesendet: Bitte notieren Sie die Nummer oder behalten Sie den Link unten.",
  receipt_earlier:
    "Ihre Anfrage war schon beim ersten Mal angekommen. Ihre Änderungen seither sind nicht darin: Sie können sie als " +
    "Nachricht hinzufügen.",
  follow: "Dieses Ticket verfolgen",
  follow_hint: "Behalten Sie diesen Link für sich: Wer ihn hat, kann das Ticket lesen und darauf antworten.",
  another: "Weitere Anfrage senden",

  ticket_title: "Ticket {number}",
  ticket_lead: "{subject}",
  ticket_unknown_title: "Dieser Link führt zu keinem Ticket",
  ticket_unknown_lead: "Bitte prüfen Sie, ob der Link vollständig ist, wie in der Bestätigung per E-Mail.",
  ticket_unreachable_title: "Das Ticket kann gerade nicht angezeigt werden",
  ticket_unreachable_lead: "Der Support Desk war nicht erreichbar. Bitte versuchen Sie es gleich noch einmal.",
  ticket_status: "Stand: {status}",
  ticket_position: "An Stelle {position} der Warteschlange",
  ticket_received: "Eingegangen am {at}",
  ticket_urgent: "Dringend: vor allen gewöhnlichen Anfragen",
  status_new: "in der Warteschlange",
  status_in_progress: "in Bearbeitung",
  status_waiting_client: "wartet auf Ihre Antwort",
  status_waiting_quote: "wartet auf die Annahme eines Angebots",
  status_resolved: "gelöst",
  status_closed: "abgeschlossen",
  status_cancelled: "storniert",
  status_spam: "abgeschlossen",
  messages: "Nachrichten",
  message_by: "{author}, {at}",
  message_files: "Dateien: {names}",
  from_you: "Sie",
  from_desk: "e-connect Support",
  reply: "Ihre Antwort",
  reply_send: "Antwort senden",
  sending_reply: "Ihre Antwort wird gesendet …",
  reply_sent: "Ihre Antwort wurde hinzugefügt.",
  reply_new_ticket:
    "Jenes Ticket war seit Langem abgeschlossen: Ihre Antwort hat ein neues eröffnet, das hier gezeigt wird.",
  reply_already:
    "Ihre vorige Antwort war schon angekommen: siehe unten. Drücken Sie noch einmal auf den Knopf, um auch diese " +
    "hinzuzufügen.",
  reply_offline:
    "Der Support Desk war nicht erreichbar. Drücken Sie gleich noch einmal auf den Knopf; Ihre Antwort kann nicht " +
    "doppelt entstehen.",
  refresh: "Aktualisieren",
  refreshed: "Auf dem neuesten Stand.",

  rules: "So arbeitet der Support Desk",
  rule_order: "„First come, first served“: in der Reihenfolge des Eingangs.",
  rule_effort: "„Best effort“: der bestmögliche Dienst, ohne zeitliche Zusage.",
  rule_hours: "Geöffnet {first} bis {last}, {opens} bis {closes} Uhr, außer an luxemburgischen Feiertagen.",
  rule_holiday: "Nächster Feiertag: {name}, {on}.",
  rule_price: "Arbeiten werden mit {rate} ohne MwSt. pro Stunde berechnet.",
  by_mail: "Oder per E-Mail:",

  "error.required": "Bitte ausfüllen.",
  "error.text-blank": "Bitte ausfüllen.",
  "error.urgency-fee-not-accepted":
    "Eine dringende Anfrage setzt voraus, dass Sie die Gebühr annehmen: Bitte kreuzen Sie dieses Feld an.",
  "error.email-invalid": "Das sieht nicht nach einer E-Mail-Adresse aus. Beispiel: name@firma.lu",
  "error.too-long": "Das ist zu lang, bitte kürzen.",
  "error.text-control": "Zeilenumbrüche und Steuerzeichen gehören nicht hierher.",
  "error.too-short": "Das ist zu kurz.",
  "error.request-too-large": "Diese Dateien sind zu groß: zusammen höchstens 20 MB.",
  "error.attachment-refused": "Diese Art von Datei wird nicht angenommen.",
  "error.phone-invalid":
    "Bitte die Nummer mit Landesvorwahl angeben, zum Beispiel +352\u00a026\u00a012\u00a034\u00a056.",
  "error.url-invalid": "Das ist keine Adresse einer Website. Beispiel: www.ihre-seite.lu",
  "error.invalid": "Der Support Desk konnte dies nicht lesen, bitte prüfen.",
};
